/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a note of a check or source is about: a digest of all that makes it ask what it asks. After
 * a restart a note counts only for a check that is the same in the sense of config/diff.h: the
 * module's keys, the source with its connection and what that goes through, and the checks whose facts it
 * takes. Host keys (rise, interval, ...) may differ. Stricter than a reload in one thing: how a
 * value is written counts ("60s" is not "1m"), which costs a dwell and nothing else. Pure.
 */
#ifndef CVG_DECIDE_RESTART_ABOUT_H
#define CVG_DECIDE_RESTART_ABOUT_H

#include "config/config.h"
#include "crypto/hex.h"

void cvg_restart_about_check(const struct cvg_environment_config *environment, size_t check,
                             char ret[CVG_SHA256_HEX]);
void cvg_restart_about_source(const struct cvg_source_config *source, char ret[CVG_SHA256_HEX]);

#endif
