# Fixtures of regression from R (base, MASS, nnet, sandwich, brglm2): writes test/regression/fixtures/{r,petersen}.json.
library(sandwich); library(MASS); library(nnet); library(jsonlite)
args <- commandArgs(trailingOnly = FALSE)
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", args, value = TRUE))))
root <- normalizePath(file.path(here, "..", "..", ".."))
out <- file.path(root, "test", "regression", "fixtures")
anes <- read.table(file.path(root, "data", "anes96", "anes96.tsv"), header = TRUE, sep = "\t", quote = "'")
write <- function(x, name) writeLines(toJSON(x, digits = I(16), auto_unbox = TRUE), file.path(out, name))
se <- function(v) unname(sqrt(diag(v)))
all <- function(m, types) { r <- list(coef = unname(coef(m)), se = se(vcov(m)), logLik = as.numeric(logLik(m)))
  for (t in types) r[[t]] <- se(vcovHC(m, type = t)); r }
hc <- c("HC0", "HC1", "HC2", "HC3", "HC4")
tight <- glm.control(epsilon = 1e-15, maxit = 100)
r <- list(version = R.version.string)
r$ols <- all(lm(selfLR ~ PID * age + relevel(factor(educ), "4") + income, anes), hc)
r$wls <- all(lm(selfLR ~ PID + age + income, anes, weights = 1 + TVnews), hc)
r$poly <- all(lm(selfLR ~ poly(age, 3) + poly(income, 2, raw = TRUE), anes), hc)
logit <- glm(vote ~ selfLR + ClinLR + DoleLR + PID + age + educ + income, binomial, anes, control = tight)
r$logit <- all(logit, hc)
r$logit$cluster <- se(vcovCL(logit, cluster = ~ popul, type = "HC0", cadjust = TRUE))
r$poisson <- all(glm(TVnews ~ age + educ + offset(log(income)), poisson, anes, control = tight), hc)
r$weightedLogit <- all(glm(vote ~ PID + age, quasibinomial, anes, weights = 1 + TVnews, control = tight), c("HC0"))
mn <- multinom(factor(PID) ~ age + educ + income, anes, trace = FALSE, maxit = 2000, reltol = 1e-15, abstol = 1e-12)
r$mlogit <- list(coef = unname(t(coef(mn))), se = unname(t(summary(mn)$standard.errors)), logLik = as.numeric(logLik(mn)))
for (method in c("logistic", "probit")) {
  po <- polr(factor(PID) ~ age + educ + income, anes, Hess = TRUE, method = method, control = list(reltol = 1e-16, maxit = 2000))
  r[[method]] <- list(coef = unname(coef(po)), zeta = unname(po$zeta), se = se(vcov(po)), logLik = as.numeric(logLik(po)))
}
# Firth's penalty (brglm2, mean bias reduction) on separated data: educ = 1 made to vote for one candidate.
library(brglm2)
sep <- transform(anes, vote = ifelse(educ == 1, 1, vote))
fm <- glm(vote ~ PID + relevel(factor(educ), "4"), binomial, sep, method = "brglmFit", type = "AS_mean", control = list(epsilon = 1e-13, maxit = 500))
r$firth <- list(coef = unname(coef(fm)), se = se(vcov(fm)))
write(r, "r.json")
data("PetersenCL")
p <- PetersenCL[order(PetersenCL$firm, PetersenCL$year), ]
m <- lm(y ~ x, p)
write(list(source = "Petersen's simulated panel (500 firms x 10 years), R package sandwich, data PetersenCL; rows by firm, then year",
  x = p$x, y = p$y,
  firm = se(vcovCL(m, cluster = ~ firm, type = "HC1")), year = se(vcovCL(m, cluster = ~ year, type = "HC1")),
  both = se(vcovCL(m, cluster = ~ firm + year, type = "HC1", multi0 = FALSE))), "petersen.json")
