# SPDX-License-Identifier: GPL-3.0-or-later
# The files of tests/data/statfile that R writes: the cohort as CSV with its codebook, as
# codes, and by haven and foreign in the formats of SPSS, Stata and SAS.
#
#   Rscript cohort.R FOLDER
#
# pspp.sps (PSPP), to_stata.py (pandas) and catalog.c (ReadStat) write the others
# from cohort.csv and codes.csv.
library(haven)
folder <- commandArgs(trailingOnly = TRUE)[1]
path <- function(name) file.path(folder, name)

n <- 48
i <- seq_len(n)
her2 <- c(0, 1, 2)[1 + (i * 7) %% 3]
sex <- ifelse(i == 5, NA, 1 + (i * i) %% 2)
site <- c(1, 2, 3, 1, 2)[1 + i %% 5]
grade <- 1 + (i * 5 + i %/% 7) %% 3
age <- 30 + (i * 37) %% 51
adc <- round(0.7 + ((i * 611) %% 997) / 1000 + her2 / 7, 3)
adc[c(9, 31)] <- NA
cea <- round(1.5 + ((i * 53) %% 211) / 10, 1)
code <- c("12" = 998, "13" = 999, "40" = 999)
cea_coded <- cea
cea_coded[as.integer(names(code))] <- code
cea[as.integer(names(code))] <- NA
pain <- (i * 3) %% 11
tiny <- c(1 / 3, 1e-12, 123456789.123, -2.5, 0)[1 + i %% 5]
visit <- as.Date("2019-12-30") + (i * 11) %% 400
visit[7] <- NA
seen <- as.POSIXct("2020-02-28 23:59:30", tz = "UTC") + i * 3607
id <- sprintf("P%03d", i)
remark <- c("\u826f\u6027", "na\u00efve", "", "say \"hi\", ok", " ahead", "Stra\u00dfe")[1 + i %% 6]

her2_labels <- c(zero = 0, low = 1, over = 2)
sex_labels <- setNames(1:2, c("\u5973", "\u7537"))
site_labels <- setNames(1:4, c("Z\u00fcrich", "Gen\u00e8ve", "M\u00e1laga", "K\u00f8ge"))
grade_labels <- c(well = 1, moderate = 2, poor = 3)
titles <- c(id = "Patient", her2 = "HER2 \u72b6\u6001", sex = "Sex", site = "\u00c9tablissement",
            grade = "Grade", age = "Age at diagnosis", adc = "ADC (10^-3 mm2/s)", cea = "CEA",
            pain = "Pain, 0 to 10", tiny = "Numbers of all sizes", visit = "First visit",
            seen = "Last seen", remark = "Remark")

# ---- the twin ----

text <- function(labels, x) names(labels)[match(x, labels)]
# As short as it reads back.
number <- function(x) sapply(x, function(y) {
  if (is.na(y)) return("")
  if (y == round(y)) return(sprintf("%.0f", y))
  for (digits in 1:17) if (as.numeric(sprintf("%.*g", digits, y)) == y) break
  sprintf("%.*g", digits, y)
})
twin <- data.frame(id, her2 = text(her2_labels, her2), sex = text(sex_labels, sex),
                   site = text(site_labels, site), grade = text(grade_labels, grade),
                   age = number(age), adc = number(adc), cea = number(cea), pain = number(pain),
                   tiny = number(tiny), visit = format(visit),
                   seen = format(seen, "%Y-%m-%d %H:%M:%S"), remark)
codes <- twin
codes$her2 <- her2
codes$sex <- sex
codes$site <- site
codes$grade <- grade
codes$cea <- cea_coded
out <- function(d, name) {
  quoted <- function(x) {
    x <- ifelse(is.na(x), "", as.character(x))
    ifelse(grepl("[\",]|^ | $", x), paste0("\"", gsub("\"", "\"\"", x), "\""), x)
  }
  lines <- c(paste(names(d), collapse = ","), do.call(paste, c(lapply(d, quoted), sep = ",")))
  writeLines(enc2utf8(lines), path(name), useBytes = TRUE)
}
out(twin, "cohort.csv")
out(codes, "codes.csv")
levels_of <- function(labels) paste(names(labels), collapse = "|")
book <- data.frame(variable = names(titles), label = titles, unit = "", type = "", levels = "",
                   digits = "")
row.names(book) <- book$variable
book[c("her2", "sex", "site"), "type"] <- "categorical"
book["grade", "type"] <- "ordinal"
book[c("visit", "seen"), "type"] <- "date"
book["her2", "levels"] <- levels_of(her2_labels)
book["sex", "levels"] <- levels_of(sex_labels)
book["site", "levels"] <- levels_of(site_labels)
book["grade", "levels"] <- levels_of(grade_labels)
out(book, "cohort.codebook.csv")

# ---- haven ----

titled <- function(d) {
  for (v in names(d)) attr(d[[v]], "label") <- titles[[v]]
  d
}
spss <- titled(data.frame(
  id, her2 = labelled(her2, her2_labels), sex = labelled(as.numeric(sex), sex_labels),
  site = labelled(site, site_labels), grade = labelled(grade, grade_labels), age, adc,
  cea = labelled_spss(cea_coded, c("not done" = 998, lost = 999), na_range = c(990, 999)),
  pain = labelled(pain, c(none = 0, worst = 10)), tiny, visit, seen, remark))
write_sav(spss, path("haven.sav"), compress = "byte")
write_sav(spss, path("haven.zsav"), compress = "zsav")
write_sav(spss, path("haven_plain.sav"), compress = "none")

tags <- c("998" = "a", "999" = "z")
cea_tagged <- cea
for (k in names(code)) cea_tagged[as.integer(k)] <- tagged_na(tags[[as.character(code[[k]])]])
int <- function(x, labels) labelled(as.integer(x), setNames(as.integer(labels), names(labels)))
stata <- titled(data.frame(
  id, her2 = int(her2, her2_labels), sex = int(sex, sex_labels), site = int(site, site_labels),
  grade = int(grade, grade_labels), age = as.integer(age), adc,
  cea = labelled(cea_tagged, c("not done" = tagged_na("a"), lost = tagged_na("z"))),
  pain = int(pain, c(none = 0, worst = 10)), tiny, visit, seen, remark))
write_dta(stata, path("haven.dta"), version = 15)
plain <- c("id", "her2", "site", "grade", "age", "adc", "pain", "tiny", "visit", "seen")
sas <- titled(data.frame(id, her2, site, grade, age, adc, pain, tiny, visit, seen))
attr(sas$her2, "format.sas") <- "HER2F"
attr(sas$site, "format.sas") <- "SITEF"
attr(sas$grade, "format.sas") <- "GRADEF"
write_xpt(sas, path("haven_5.xpt"), version = 5)
write_xpt(sas, path("haven_8.xpt"), version = 8)
suppressWarnings(write_sas(sas, path("haven.sas7bdat")))

# ---- foreign: Stata's formats of old, without Unicode ----

old <- data.frame(id, her2 = factor(text(her2_labels, her2), names(her2_labels)),
                  grade = factor(text(grade_labels, grade), names(grade_labels)),
                  age = as.integer(age), adc, pain = as.integer(pain), tiny)
for (version in c(7, 8, 10))
  foreign::write.dta(old, path(sprintf("foreign_%d.dta", version)), version = version,
                     convert.factors = "labels")
