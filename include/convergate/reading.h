/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a check found.
 *
 * A module fills a `struct cvg_reading` and hands it to the host, which copies everything in it
 * before the call returns. Plain C11, valid C++. Structs start with their size and only grow at
 * the end: set `size` to sizeof the struct and leave the rest zero where there is nothing to say.
 */
#ifndef CONVERGATE_READING_H
#define CONVERGATE_READING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The values are those of the metric convergate_check_status. */
enum cvg_status {
    CVG_UNKNOWN = 0,     /* cannot tell; never opens a gate */
    CVG_FAILED = 1,      /* will not become ready by waiting, or is past its deadline */
    CVG_DEGRADED = 2,    /* works, but not as declared */
    CVG_PROGRESSING = 3, /* on its way */
    CVG_READY = 4,
};

#define CVG_STATUS_COUNT 5

/* The reason that a streaming check gives, with CVG_UNKNOWN, while it reads for the first time: what
 * it says next is its first answer, for which `convergate probe` waits. */
#define CVG_NOT_SYNCED "NotSynced"
/* Facts whose names begin so say what the reading had to do without, and why: a right that is missing
 * ("not_read.pods"). `convergated --check --online` tells them. */
#define CVG_NOT_READ   "not_read."

/* Declared: what infrastructure code says. Observed: what answers. */
enum cvg_plane {
    CVG_OBSERVED = 0,
    CVG_DECLARED = 1
};

#define CVG_PLANE_COUNT 2

/* Why a run could not tell. Faults marked (source) count towards the source's breaker. */
enum cvg_fault {
    CVG_FAULT_NONE = 0,
    CVG_FAULT_TIMEOUT,   /* (source) no answer before the deadline */
    CVG_FAULT_CONNECT,   /* (source) name does not resolve, refused, unreachable, cut */
    CVG_FAULT_TLS,       /* (source) certificate or handshake */
    CVG_FAULT_AUTH,      /* (source) credentials missing or refused */
    CVG_FAULT_PROTOCOL,  /* (source) the answer is not what the protocol says */
    CVG_FAULT_TOO_LARGE, /* the answer is over a ceiling */
    CVG_FAULT_THROTTLED, /* (source) asked to come back later, or not ready itself */
    CVG_FAULT_REQUEST,   /* the question is wrong: a configuration fault of this check */
    CVG_FAULT_INPUT,     /* a fact that the check needs is not known yet */
    CVG_FAULT_BUG,       /* the module broke its contract */
    CVG_FAULT_COUNT
};

enum cvg_fact_kind {
    CVG_FACT_STRING = 0,
    CVG_FACT_NUMBER = 1
};

/* A named piece of what was found. Numbers are text in JSON's number syntax, so that a 64-bit
 * serial keeps its digits. */
struct cvg_fact {
    const char *name; /* dotted path, letters, digits, '_', '-', '.' */
    const char *text;
    uint32_t kind;  /* enum cvg_fact_kind */
    uint32_t flags; /* enum cvg_fact_flag; from ABI minor 2 on */
};

enum cvg_fact_flag {
    /* Of a number that people draw: also the metric convergate_check_fact{environment,check,fact}. */
    CVG_FACT_METRIC = 1,
};

struct cvg_reading {
    size_t size;
    uint32_t status;      /* enum cvg_status */
    uint32_t fault;       /* enum cvg_fault; other than NONE only with CVG_UNKNOWN */
    const char *reason;   /* stable CamelCase code, as in Kubernetes conditions; required */
    const char *message;  /* one sentence for people; may be NULL */
    const char *expected; /* what the check wants to see, short; may be NULL */
    const char *observed; /* what it saw, short; may be NULL */
    const char *revision; /* where the source knows one; may be NULL */
    const struct cvg_fact *facts;
    size_t fact_count;
    int64_t observed_at_ns; /* host->now() when the evidence was true; 0: when it is handed over */
    double value;           /* meaningful only with has_value */
    uint32_t has_value;
    uint32_t reserved;
    uint64_t done, total; /* progress, total 0: not known */
};

#ifdef __cplusplus
}
#endif

#endif
