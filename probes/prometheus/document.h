/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the decoders have in common: a document that is read strictly into an answer, how it is
 * refused, and the envelope around what queries and rules answer. Functions that read return 0, or
 * -1 when the answer was refused. One owner, no locks.
 */
#ifndef CVG_PROM_DOCUMENT_H
#define CVG_PROM_DOCUMENT_H

#include "answer.h"

#include <convergate/json.h>

enum cvg_prom_outcome {
    CVG_PROM_OUTCOME_MISSING = 0,
    CVG_PROM_OUTCOME_SUCCESS,
    CVG_PROM_OUTCOME_OTHER,
};

struct cvg_prom_document {
    struct cvg_json *json; /* owned */
    struct cvg_prom_answer *answer;
    const char *whose; /* "a query's" */
    enum cvg_prom_outcome outcome;
    char error[200]; /* what an answer that is no success says */
};

struct cvg_prom_body {
    const char *bytes;
    size_t length;
    const char *content_type; /* only named where the body is not JSON */
};

/* Empties the answer, which borrows the bytes, and opens the reader. first: the byte that the
 * document begins with. Close it in any case. */
int cvg_prom_document_open(struct cvg_prom_document *document, const struct cvg_prom_body *body,
                           char first);
void cvg_prom_document_close(struct cvg_prom_document *document);

int cvg_prom_document_refuse(struct cvg_prom_document *document, uint32_t fault,
                             enum cvg_prom_reason reason, const char *words);
/* The document is not JSON, or does not have the token that must stand here. */
int cvg_prom_document_broken(struct cvg_prom_document *document, const char *where);

/* The whole document {"status","data","warnings","isPartial","error"}; read_data() stands before
 * the value of data. Then a success is ensured. */
int cvg_prom_document_envelope(struct cvg_prom_document *document,
                               int (*read_data)(struct cvg_prom_document *document));
/* The next token must be an object of texts. */
int cvg_prom_document_labels(struct cvg_prom_document *document, struct cvg_prom_span *ret);
/* Where the current token, a string, stands. */
struct cvg_prom_span cvg_prom_document_string(const struct cvg_prom_document *document);
/* Reads the value behind the current key, which must be a string. */
int cvg_prom_document_next_string(struct cvg_prom_document *document, struct cvg_prom_span *ret);

#endif
