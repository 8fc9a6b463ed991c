# Bias-reduced clustered covariances (CR2) and Satterthwaite degrees of freedom from R's clubSandwich: writes
# test/regression/fixtures/clubsandwich.json.
library(clubSandwich); library(jsonlite)
args <- commandArgs(trailingOnly = FALSE)
here <- dirname(normalizePath(sub("--file=", "", grep("--file=", args, value = TRUE))))
root <- normalizePath(file.path(here, "..", "..", ".."))
anes <- read.table(file.path(root, "data", "anes96", "anes96.tsv"), header = TRUE, sep = "\t", quote = "'")
found <- function(m, cluster) { v <- vcovCR(m, cluster = cluster, type = "CR2"); t <- coef_test(m, vcov = v, test = "Satterthwaite")
  list(coef = unname(coef(m)), se = unname(sqrt(diag(v))), df = t$df_Satt, p = t$p_Satt) }
# By definition, with n x n matrices, on working residuals: clubSandwich adjusts a glm's raw residuals, by another of the
# matrices that make the covariance unbiased under the model.
direct <- function(m, cluster) {
  w <- m$weights; z <- model.matrix(m) * sqrt(w); e <- residuals(m, "working") * sqrt(w); B <- solve(crossprod(z)); n <- nrow(z)
  H <- z %*% B %*% t(z); rows <- split(seq_len(n), cluster)
  power <- function(i, k) { s <- eigen(diag(length(i)) - H[i, i], symmetric = TRUE); s$vectors %*% (t(s$vectors) * s$values^k) }
  meat <- 0; for (i in rows) { u <- crossprod(z[i, ], power(i, -.5) %*% e[i]); meat <- meat + u %*% t(u) }
  df <- sapply(seq_len(ncol(z)), function(j) {
    P <- sapply(rows, function(i) (diag(n) - H)[, i] %*% power(i, -.5) %*% z[i, ] %*% B[, j])
    M <- crossprod(P); sum(diag(M))^2 / sum(M^2) })
  se <- unname(sqrt(diag(B %*% meat %*% B))); b <- unname(coef(m))
  list(coef = b, se = se, df = df, p = 2 * pt(-abs(b / se), df)) }
tight <- glm.control(epsilon = 1e-15, maxit = 100)
few <- anes[1:60, ]
out <- list(versions = paste(R.version.string, "clubSandwich", packageVersion("clubSandwich")),
  educ = found(lm(selfLR ~ PID * age + income, anes), anes$educ),
  popul = found(lm(selfLR ~ PID + age + income, anes), anes$popul),
  dummies = found(lm(selfLR ~ PID + factor(educ), anes), anes$educ),
  logit = direct(glm(vote ~ selfLR + PID + age, binomial, anes, control = tight), anes$educ),
  hc2 = found(lm(selfLR ~ PID + age + income, few), seq_len(nrow(few))))
writeLines(toJSON(out, digits = I(15), auto_unbox = TRUE, na = "null"), file.path(root, "test", "regression", "fixtures", "clubsandwich.json"))
