// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256, in pieces or at once.

#ifndef HER2_BASE_DIGEST_H
#define HER2_BASE_DIGEST_H

#include <nettle/sha2.h>
#include <stddef.h>

struct digest {
  struct sha256_ctx state;
};

void digest_begin(struct digest *digest);
void digest_add(struct digest *digest, const void *bytes, size_t n);
// 64 hexadecimal digits and the terminator.
void digest_end(struct digest *digest, char hexadecimal[65]);
void digest_bytes(const void *bytes, size_t n, char hexadecimal[65]);

#endif
