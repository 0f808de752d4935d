/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a document of infrastructure code is kept: a file, an HTTP server, an object store. A place
 * is asked to look and answers with one sight: the document's bytes and what is known of its lock,
 * taken as one picture as far as the place lets it. A place never writes and never locks.
 *
 * A kind of place is a table of functions in a file of its own; those that several modules use stand
 * here, others beside their module. All calls on the source's thread; a sight's bytes may be read
 * on a worker.
 */
#ifndef CVG_PLACE_PLACE_H
#define CVG_PLACE_PLACE_H

#include <convergate/module.h>

enum cvg_place_lock {
    CVG_PLACE_LOCK_UNSEEN = 0, /* this place cannot tell */
    CVG_PLACE_LOCK_FREE,
    CVG_PLACE_LOCK_HELD,
    CVG_PLACE_LOCK_STALE, /* a note of a holder is there, and the holder is not */
};

/* What a service that runs the tool says besides the document. READY: nothing against it. */
struct cvg_place_word {
    uint32_t given;     /* 0: nothing is said */
    uint32_t status;    /* enum cvg_status */
    const char *reason; /* static */
    char text[256];
    int64_t made_at; /* wall; 0: not told */
};

struct cvg_place_sight {
    uint32_t fault;     /* enum cvg_fault; with it nothing else but reason and text is meant */
    const char *reason; /* static code, with a fault */
    char
        text[256]; /* for people, printable, without secrets: with a fault, absent, being_written */
    uint32_t absent;          /* there is no document */
    uint32_t being_written;   /* by the place's own signs: a chunk missing, an empty secret */
    uint32_t digest_mismatch; /* the place keeps a digest of the document, and it is another */
    uint32_t
        unchanged; /* as the tag says: the document is the same, and its bytes are not here. The
                                 lock and the words are of now all the same */
    char *bytes;   /* malloc'd, the taker's, a NUL behind; NULL with fault, absent, unchanged */
    size_t length;
    uint32_t lock;        /* enum cvg_place_lock */
    char lock_note[2048]; /* what the holder left, as it stands there, a NUL behind; "" none */
    size_t lock_note_length;
    int64_t changed_at;  /* wall, by the place (mtime, Last-Modified); 0: not told */
    int64_t observed_at; /* host->now() when the look began */
    struct cvg_place_word run, assessment;
};

/* What a reader remembers of the latest look that brought bytes (ETag, mtime, inode); zeroed: nothing. */
struct cvg_place_tag {
    char bytes[256];
};

/* Is it locked, and by which sign. */
enum cvg_place_style {
    CVG_PLACE_TERRAFORM = 0, /* fcntl lock and .NAME.lock.info; NAME.tflock */
    CVG_PLACE_PULUMI,        /* any file below .pulumi/locks/organization/PROJECT/STACK/ */
    CVG_PLACE_PLAIN,         /* not locked: plans, exports */
};

/* What a kind of place is opened with. Texts live as long as the source. NULL and 0: not set. */
struct cvg_place_settings {
    uint32_t style; /* enum cvg_place_style */
    const char
        *path; /* file: of the document; http: appended to the endpoint's url; others: the key */
    const char *lock_path; /* of what says that it is locked, where it is not beside the document */
    size_t limit;          /* bytes of a document; 0: CVG_PLACE_LIMIT */
    /* s3 */
    const char *bucket;
    uint32_t path_style;  /* 0: BUCKET.host */
    uint32_t lock_object; /* look for KEY.tflock (style TERRAFORM) */
    const char *dynamodb_url,
        *dynamodb_table; /* lock and digest, as Terraform keeps them; NULL: not */
    const void *own;     /* of a kind that stands beside its module: its source's configuration */
};

#define CVG_PLACE_LIMIT ((size_t)256 * 1024 * 1024)

struct cvg_place_look;

typedef void cvg_place_seen(void *arg, struct cvg_place_sight *sight);

struct cvg_place_kind {
    const char *name;
    /* Offline. What is missing or wrong goes to refuse(), with the key's path. Returns 0 or -1. */
    int (*check)(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_place_settings *settings,
                 void (*refuse)(void *arg, const char *path, const char *text), void *arg);
    /* The place at work; settings outlive it. */
    void *(*open)(const struct cvg_host *host, struct cvg_source *source,
                  const struct cvg_place_settings *settings);
    /* In source_destroy: the source's operations are cancelled already, so handles are not touched
     * any more. Frees the looks that are in flight, silently. */
    void (*close)(void *place);
    /* seen() is called once, in a later turn, unless it is cancelled. tag: read when the look begins,
     * and written before seen() where bytes were brought. deadline_ns: host->now() at which the caller gives
     * up. The look's operations belong to the source's scope. The handle is dead when seen() was called. */
    struct cvg_place_look *(*look)(void *place, int64_t deadline_ns, struct cvg_place_tag *tag,
                                   cvg_place_seen *seen, void *arg);
    void (*cancel)(struct cvg_place_look *look);
    /* From now on changed() says, until close, that a look is worth it. NULL: this kind cannot tell. */
    void (*watch)(void *place, void (*changed)(void *arg), void *arg);
};

extern const struct cvg_place_kind cvg_place_file, cvg_place_http, cvg_place_s3;

/* Frees the bytes; the struct is the caller's. */
void cvg_place_sight_done(struct cvg_place_sight *sight);
/* Lets answers of the source's own endpoint be as large as a document, where the operator wrote no
 * max_body. From open() on. */
void cvg_place_raise_ceiling(const struct cvg_host *host, struct cvg_source *source, size_t limit);

#endif
