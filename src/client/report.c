/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for people; the words are the documents' own. */
#include "client/report.h"

#include "base/text.h"
#include "base/time.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *colour_of(const char *word)
{
    static const struct {
        const char *word, *colour;
    } colours[] = {
        {"go", "\033[32m"},          {"ready", "\033[32m"},       {"wait", "\033[33m"},
        {"progressing", "\033[33m"}, {"converging", "\033[33m"},  {"degraded", "\033[33m"},
        {"halt", "\033[31m"},        {"rollback", "\033[31m"},    {"failed", "\033[31m"},
        {"available", "\033[32m"},   {"unavailable", "\033[31m"}, {"unknown", "\033[35m"},
    };

    for (size_t i = 0; i < CVG_COUNT(colours); i++) {
        if (cvg_text_equal(colours[i].word, word)) {
            return colours[i].colour;
        }
    }
    return "";
}

/* Padded to width; escape sequences do not count as width. */
static void print_word(const char *word, int width)
{
    if (isatty(STDOUT_FILENO)) {
        printf("%s%-*s\033[0m", colour_of(word), width, word);
    } else {
        printf("%-*s", width, word);
    }
}

static void print_reason(const struct cvg_wire_reason *reason, bool full)
{
    printf("  ");
    print_word(reason->severity, 8);
    printf(" %s%s%s", reason->check, *reason->check ? ": " : "", reason->code);
    if (*reason->expected || *reason->observed) {
        printf(" (expected %s, observed %s)", *reason->expected ? reason->expected : "-",
               *reason->observed ? reason->observed : "-");
    }
    if (*reason->since) {
        printf(" since %s", reason->since);
    }
    putchar('\n');
    if (full && *reason->message) {
        printf("           %s\n", reason->message);
    }
}

void cvg_report_answer(const struct cvg_wire_answer *answer, bool full)
{
    print_word(cvg_verdict_text(answer->verdict), 0);
    printf("%s  %s/%s: %s\n", answer->unknown ? " (unknown)" : "", answer->environment,
           answer->gate, answer->summary);
    for (size_t i = 0; i < answer->reason_count; i++) {
        print_reason(&answer->reasons[i], full);
    }
    if (full) {
        printf("  progress    %s\n  decided at  %s\n  valid until %s\n", answer->progress,
               answer->decided_at, answer->valid_until);
        if (*answer->next_change_at) {
            printf("  may change  %s\n", answer->next_change_at);
        }
    }
    if (*answer->id) {
        printf("  recorded as %s\n", answer->id);
    }
}

bool cvg_report_is_watched(void)
{
    return isatty(STDERR_FILENO);
}

/* A line that wraps could not be replaced by the next one. */
static int terminal_width(void)
{
    struct winsize size = {0};

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

/* Replaces the line before; an empty one clears it. */
static void show_line(const char *line)
{
    fprintf(stderr, "\r\033[K%.*s", terminal_width(), line);
    (void)fflush(stderr);
}

void cvg_report_progress(const struct cvg_wire_answer *answer, int64_t left)
{
    char duration[CVG_NUMBER_TEXT];
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf line = CVG_BUF_INIT(4096);

    if (!cvg_report_is_watched()) {
        return;
    }
    if (answer) {
        cvg_format_duration(left / CVG_SECOND * CVG_SECOND, duration, sizeof(duration));
        cvg_buf_printf(&line, "%s, %s left: %s; %s", cvg_verdict_text(answer->verdict), duration,
                       answer->progress, answer->summary);
    }
    show_line(cvg_buf_text(&line));
}

void cvg_report_work(const char *what, uint64_t number, uint64_t of)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf line = CVG_BUF_INIT(256);

    if (!cvg_report_is_watched()) {
        return;
    }
    if (of) {
        cvg_buf_printf(&line, "%s: %" PRIu64 " of %" PRIu64, what, number, of);
    }
    show_line(cvg_buf_text(&line));
}

static void print_check(const struct cvg_wire_check *check, int width)
{
    printf("  %-*s  ", width, check->name);
    print_word(check->status, 11);
    printf("  %-8s  %s", check->plane, check->reason);
    if (*check->observed) {
        printf("  %s", check->observed);
        if (*check->expected) {
            printf(" (wants %s)", check->expected);
        }
    } else if (*check->message) {
        printf("  %s", check->message);
    }
    printf("%s\n", check->required ? "" : "  [not required]");
}

void cvg_report_environment(const struct cvg_wire_environment *environment)
{
    int width = 5;

    printf("%s: ", environment->environment);
    print_word(environment->phase, 0);
    printf(", %u of %u required checks ready, score %.2f, coverage %.0f%%\n", environment->ready,
           environment->of, environment->score, environment->coverage * 100);
    if (environment->declared_not_observed) {
        printf("  declared but not observed\n");
    }
    if (environment->has_lag) {
        printf("  lag %.1f s%s\n", environment->lag_s,
               environment->lag_open ? " and counting" : "");
    }
    for (size_t i = 0; i < environment->check_count; i++) {
        width = CVG_MAX(width, (int)strlen(environment->checks[i].name));
    }
    for (size_t i = 0; i < environment->check_count; i++) {
        print_check(&environment->checks[i], width);
    }
}

void cvg_report_environments(const struct cvg_wire_environment *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        printf("%-24s ", rows[i].environment);
        print_word(rows[i].phase, 10);
        printf("  %u of %u", rows[i].ready, rows[i].of);
        for (size_t k = 0; k < rows[i].gate_count; k++) {
            printf("%s %s", k ? "," : "  ", rows[i].gates[k]);
        }
        putchar('\n');
    }
}

void cvg_report_decision_row(const struct cvg_wire_decision_row *row)
{
    const char *who = *row->asked_by ? row->asked_by : "-";

    printf("%s  ", row->at);
    print_word(row->verdict, 8);
    printf("  %s/%s", row->environment, row->gate);
    if (*row->app || *row->revision) {
        printf("  %s%s%s", row->app, *row->app && *row->revision ? " " : "", row->revision);
    }
    printf("  by %s  %s\n    %s\n", who, row->id, row->summary);
}

/* A digest of a configuration is told apart by less than all of it. */
#define DIGEST_SHOWN 12

void cvg_report_change(const struct cvg_wire_change *change, int width)
{
    bool digests = cvg_text_equal(change->kind, "configuration");
    int most = digests ? DIGEST_SHOWN : INT_MAX;
    bool start = cvg_text_equal(change->kind, "start");
    char value[CVG_NUMBER_TEXT];

    printf("%s  %-13s  %-*s  ", change->at, change->kind, width, change->name);
    if (*change->before && !start) {
        printf("%.*s -> ", most, change->before);
    }
    if (digests) {
        printf("%.*s", most, change->after);
    } else {
        print_word(change->after, 0);
    }
    if (*change->before && start) {
        printf("  was %s", change->before); /* from there on it is unknown again */
    }
    if (*change->reason) {
        printf("  %s", change->reason);
    }
    if (change->kept) {
        fputs(" (kept)", stdout);
    }
    if (change->has_value) {
        cvg_format_rounded(change->value, 6, value, sizeof(value));
        printf(" (%s)", value);
    }
    printf("%s%s\n", *change->message ? "  " : "", change->message);
}
