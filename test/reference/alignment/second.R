# Second sources in R for distances.json and sensitive.json. By hand, after the Python scripts:
#   Rscript second.R   (in this folder; needs jsonlite) writes test/alignment/fixtures/second.json
suppressMessages(library(jsonlite))
f <- function(name) file.path("..", "..", "alignment", "fixtures", name)
d <- fromJSON(f("distances.json"), simplifyVector = FALSE); s <- fromJSON(f("sensitive.json"), simplifyVector = FALSE)
num <- function(x) as.numeric(unlist(x))
out <- list(source = R.version.string,
  ks = sapply(d$samples, function(c) unname(suppressWarnings(ks.test(num(c$x), num(c$y)))$statistic)),
  # Area between the empirical distribution functions, by R's stepfun.
  w1 = sapply(d$samples, function(c) { x <- num(c$x); y <- num(c$y); at <- sort(unique(c(x, y))); if (length(at) < 2) 0 else sum(abs(ecdf(x)(head(at, -1)) - ecdf(y)(head(at, -1))) * diff(at)) }),
  holm = lapply(d$adjusted, function(c) p.adjust(num(c$p), "holm")), bh = lapply(d$adjusted, function(c) p.adjust(num(c$p), "BH")),
  list = lapply(s$list, function(c) { y <- num(c$counts); t <- num(c$treated); w <- t.test(y[t == 1], y[t == 0]); list(estimate = unname(w$estimate[1] - w$estimate[2]), se = w$stderr) }),
  wilson = list(unclass(prop.test(101, 817, correct = FALSE)$conf.int)[1:2], unclass(prop.test(0, 817, correct = FALSE)$conf.int)[1:2]),
  between = local({
    a <- read.table(file.path("..", "..", "..", "data", "anes96", "anes96.tsv"), sep = "\t", header = TRUE, quote = "'")
    g <- interaction(a$PID, a$educ, drop = TRUE)
    sapply(c("selfLR", "ClinLR", "DoleLR"), function(v) summary(lm(a[[v]] ~ g))$r.squared)
  }))
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE), f("second.json"))
