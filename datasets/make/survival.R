# SPDX-License-Identifier: GPL-3.0-or-later
# Derives rotterdam.csv, gbsg.csv and pbc.csv from R's survival package.
#
#   Rscript datasets/make/survival.R DIRECTORY
#
# Recurrence-free survival as survival's help page of `rotterdam` forms it: recurrence at
# rtime, else death or the last follow-up at dtime.  event5: 1 recurrence or death within
# 5 years (5 x 365.25 days), 0 known to be free of both for longer, empty where follow-up
# ended before.
suppressPackageStartupMessages(library(survival))
directory <- commandArgs(trailingOnly = TRUE)[1]

five_years <- 5 * 365.25
event5 <- function(time, status) ifelse(time > five_years, 0, ifelse(status == 1, 1, NA))
write <- function(data, name)
  write.csv(data, file.path(directory, name), row.names = FALSE, quote = FALSE, na = "")

r <- rotterdam
rfs_time <- ifelse(r$recur == 1, r$rtime, r$dtime)
rfs <- pmax(r$recur, r$death)
write(data.frame(
  pid = r$pid, year = r$year, age = r$age,
  meno = ifelse(r$meno == 1, "post", "pre"), size = as.character(r$size), grade = r$grade,
  nodes = r$nodes, pgr = r$pgr, er = r$er,
  hormon = ifelse(r$hormon == 1, "yes", "no"), chemo = ifelse(r$chemo == 1, "yes", "no"),
  rfs_days = rfs_time, rfs = rfs, event5 = event5(rfs_time, rfs)), "rotterdam.csv")

g <- gbsg
write(data.frame(
  pid = g$pid, age = g$age,
  meno = ifelse(g$meno == 1, "post", "pre"),
  size = as.character(cut(g$size, c(-Inf, 20, 50, Inf), labels = c("<=20", "20-50", ">50"))),
  size_mm = g$size, grade = g$grade, nodes = g$nodes, pgr = g$pgr, er = g$er,
  hormon = ifelse(g$hormon == 1, "yes", "no"),
  rfs_days = g$rfstime, rfs = g$status, event5 = event5(g$rfstime, g$status)), "gbsg.csv")

# Stage 4 is cirrhosis.  Most values that are missing are those of the 106 persons who were not in
# the trial (trt missing) and had fewer examinations.
p <- pbc
word <- function(code, words) words[match(code, seq_along(words) - 1)]
write(data.frame(
  id = p$id, cirrhosis = ifelse(p$stage == 4, "yes", "no"), trial = ifelse(is.na(p$trt), "no", "yes"),
  age = round(p$age, 2), sex = ifelse(p$sex == "f", "female", "male"),
  ascites = word(p$ascites, c("no", "yes")), hepatomegaly = word(p$hepato, c("no", "yes")),
  spiders = word(p$spiders, c("no", "yes")),
  edema = word(2 * p$edema, c("none", "controlled", "present")),
  bilirubin = p$bili, cholesterol = p$chol, albumin = p$albumin, copper = p$copper,
  alk_phos = p$alk.phos, ast = p$ast, triglycerides = p$trig, platelets = p$platelet,
  protime = p$protime), "pbc.csv")
