/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements that a link prepares at their first use. Parameters are numbered in the order in
 * which they stand here.
 */
#ifndef CVG_STORE_SQLITE_STATEMENTS_H
#define CVG_STORE_SQLITE_STATEMENTS_H

/* A block of the chain is so many numbers, 1 << this; see sqlite_fold.c. */
#define CVG_SQLITE_BLOCK_BITS 11

enum cvg_sql {
    CVG_SQL_BEGIN = 0, /* for reading */
    CVG_SQL_BEGIN_WRITE,
    CVG_SQL_COMMIT,
    CVG_SQL_ROLLBACK,

    CVG_SQL_SERIES_FIND,   /* environment, gate, app, verdict, action -> id */
    CVG_SQL_SERIES_ADD,    /* the same */
    CVG_SQL_SERIES_ALL,    /* -> id, environment, gate, app, verdict, action */
    CVG_SQL_SERIES_ONE,    /* id -> the same */
    CVG_SQL_RECORD_ADD,    /* number, at, series, id, actor, revision, target, question, outcome,
                            hash, body */
    CVG_SQL_SPAN_ADD,      /* block, at */
    CVG_SQL_INDEX_ADD,     /* series, number */
    CVG_SQL_REVISION_ADD,  /* revision, series, number */
    CVG_SQL_SPAN_FOLD,     /* from, before: sums up and indexes the rows of whole blocks */
    CVG_SQL_INDEX_FOLD,    /* the same */
    CVG_SQL_REVISION_FOLD, /* the same */
    CVG_SQL_CHANGE_ADD,    /* a change without its number, in the order of its columns */
    CVG_SQL_NOTE_PUT,      /* kind, key, bytes */
    CVG_SQL_NOTE_FORGET,   /* kind, key */

    CVG_SQL_CHANGE_PRUNE,     /* before, limit */
    CVG_SQL_RECORD_PRUNE,     /* number */
    CVG_SQL_INDEX_PRUNE,      /* number */
    CVG_SQL_REVISION_PRUNE,   /* number */
    CVG_SQL_SPAN_PRUNE,       /* block */
    CVG_SQL_SERIES_PRUNE,     /* tail: those that no row has, of the index or of the tail */
    CVG_SQL_CHECKPOINT_PRUNE, /* how many stay */
    CVG_SQL_CHECKPOINT_ADD,   /* number, at, hash, signature */

    CVG_SQL_RECORD_LAST,       /* -> number, hash */
    CVG_SQL_CHECKPOINT_LAST,   /* -> number, hash */
    CVG_SQL_CHECKPOINT_ALL,    /* -> number, at, hash, signature */
    CVG_SQL_RECORD_FIRST,      /* -> number */
    CVG_SQL_CHANGE_FIRST,      /* -> number */
    CVG_SQL_CHANGE_LAST,       /* -> number */
    CVG_SQL_RECORD_WALK,       /* after, limit -> a record with its body */
    CVG_SQL_RECORD_ONE,        /* number -> a record with its body */
    CVG_SQL_RECORD_BARE,       /* number -> a record with an empty body */
    CVG_SQL_RECORD_BY_ID,      /* id -> number */
    CVG_SQL_RECORD_SCAN,       /* before, from -> records with empty bodies, newest first */
    CVG_SQL_RECORD_NEXT,       /* series, before, from -> number of the newest */
    CVG_SQL_RECORD_NEXT_OF,    /* series, before, from, revision -> the same */
    CVG_SQL_REVISION_SERIES,   /* revision, after -> the next series that has the revision */
    CVG_SQL_SPAN_LAST,         /* -> the last block */
    CVG_SQL_SPAN_BETWEEN,      /* from, until -> first and last block that may have such times */
    CVG_SQL_CHANGE_NEXT,       /* environment, kind, at, number, from -> number, at */
    CVG_SQL_CHANGE_NEXT_NAMED, /* environment, kind, at, number, from, name -> number, at */
    CVG_SQL_CHANGE_ONE,        /* number -> a change */
    CVG_SQL_NOTE_ALL,          /* kind -> key, bytes */
    CVG_SQL_COUNT
};

extern const char *const cvg_sql_texts[CVG_SQL_COUNT];

#endif
