// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "base/digest.h"

#include <stdio.h>

void digest_begin(struct digest *digest)
{
  sha256_init(&digest->state);
}

void digest_add(struct digest *digest, const void *bytes, size_t n)
{
  sha256_update(&digest->state, n, bytes);
}

void digest_end(struct digest *digest, char hexadecimal[65])
{
  uint8_t hash[SHA256_DIGEST_SIZE];
  sha256_digest(&digest->state, sizeof hash, hash);
  for (size_t i = 0; i < sizeof hash; i++)
    snprintf(hexadecimal + 2 * i, 3, "%02x", hash[i]);
}

void digest_bytes(const void *bytes, size_t n, char hexadecimal[65])
{
  struct digest digest;
  digest_begin(&digest);
  digest_add(&digest, bytes, n);
  digest_end(&digest, hexadecimal);
}
