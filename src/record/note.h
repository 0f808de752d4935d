/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes are what the daemon wants to know again after a restart: one small piece of bytes for each
 * kind and key, replaced as a whole. What stands in them is the business of whoever writes them
 * (src/wire for our own, the module for a module's memory). Plain data, borrowed.
 */
#ifndef CVG_RECORD_NOTE_H
#define CVG_RECORD_NOTE_H

#include <stddef.h>
#include <stdint.h>

/* Ceilings in bytes; an engine may refuse what is longer. */
#define CVG_NOTE_KEY   1024
#define CVG_NOTE_BYTES ((size_t)4 * 1024 * 1024)

enum cvg_note_kind {
    CVG_NOTE_STEADY = 0, /* "ENVIRONMENT CHECK": steady state of a check */
    CVG_NOTE_BREAKER,    /* "SOURCE" */
    CVG_NOTE_MEMORY,     /* "ENVIRONMENT CHECK MODULE": what the module remembers */
    CVG_NOTE_PUBLISHED,  /* "ENVIRONMENT": phase, sequence and the gates' last verdicts */
    CVG_NOTE_STORE,      /* the store's own, nobody else's */
    CVG_NOTE_GONE,       /* as MEMORY's: for how long the check has been gone */
    CVG_NOTE_FOUND,      /* "DISCOVERY NAMESPACE/NAME": an object that was discovered */
    CVG_NOTE_KINDS
};

struct cvg_note {
    uint32_t kind; /* enum cvg_note_kind */
    const char *key;
    const void *bytes;
    size_t length; /* 0: forget it */
};

#endif
