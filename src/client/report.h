/* SPDX-License-Identifier: Apache-2.0 */
/* What convergate prints for people. Colour and progress lines only on a terminal. */
#ifndef CVG_CLIENT_REPORT_H
#define CVG_CLIENT_REPORT_H

#include "wire/decision.h"
#include "wire/decision_rows.h"
#include "wire/environment.h"
#include "wire/record.h"

/* full: every reason with its message. */
void cvg_report_answer(const struct cvg_wire_answer *answer, bool full);
/* Whether somebody watches: stderr is a terminal. */
bool cvg_report_is_watched(void);
/* One line on stderr while waiting; replaces the one before. Nothing where nobody watches.
 * left: until the waiting ends, nanoseconds. answer NULL: clears it. */
void cvg_report_progress(const struct cvg_wire_answer *answer, int64_t left);
/* The same for work on this machine: "verifying: 4711 of 10000". of 0: clears it. */
void cvg_report_work(const char *what, uint64_t number, uint64_t of);
void cvg_report_environment(const struct cvg_wire_environment *environment);
void cvg_report_environments(const struct cvg_wire_environment *rows, size_t count);
void cvg_report_decision_row(const struct cvg_wire_decision_row *row);
/* width: of the names' column. */
void cvg_report_change(const struct cvg_wire_change *change, int width);

#endif
