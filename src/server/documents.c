/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The assembler takes the files in as they are (.incbin), so that there is no second copy of them
 * in any form. CVG_DOCS is the folder; src/CMakeLists.txt says that this file depends on them.
 */
#include "server/documents.h"

#include "base/text.h"
#include "server/answer.h"

#include <stdio.h>
#include <string.h>

#define EMBED(name, file)                                                                          \
    __asm__(".pushsection .rodata\n"                                                               \
            ".hidden cvg_document_" #name "\n"                                                     \
            ".globl cvg_document_" #name "\n"                                                      \
            "cvg_document_" #name ":\n"                                                            \
            ".incbin \"" CVG_DOCS "/" file "\"\n"                                                  \
            ".byte 0\n"                                                                            \
            ".popsection\n");                                                                      \
    extern __attribute__((visibility("hidden"))) const char cvg_document_##name[]

EMBED(openapi, "openapi.yaml");
EMBED(reading, "schemas/reading.json");
EMBED(readiness, "schemas/readiness.json");
EMBED(decision, "schemas/decision.json");

#define SCHEMA_TYPE    "application/schema+json"
#define DOCUMENT_LIMIT ((size_t)1024 * 1024)
#define ETAG_SIZE      24

struct document {
    const char *path, *type, *text;
};

static const struct document documents[] = {
    {"/v1/openapi.yaml", "application/yaml", cvg_document_openapi},
    {"/v1/schemas/reading.json", SCHEMA_TYPE, cvg_document_reading},
    {"/v1/schemas/readiness.json", SCHEMA_TYPE, cvg_document_readiness},
    {"/v1/schemas/decision.json", SCHEMA_TYPE, cvg_document_decision},
};

static const struct document *find(const char *path)
{
    for (size_t i = 0; i < CVG_COUNT(documents); i++) {
        if (cvg_text_equal(documents[i].path, path)) {
            return &documents[i];
        }
    }
    return NULL;
}

/* Whether the client has it already. It may list several tags, or say that any will do. */
static bool has_already(struct cvg_request *request, const char *etag)
{
    const char *given = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
                                                    MHD_HTTP_HEADER_IF_NONE_MATCH);

    return given && (cvg_text_equal(given, "*") || strstr(given, etag));
}

enum MHD_Result cvg_documents_answer(struct cvg_request *request)
{
    const struct document *document = find(request->path);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(DOCUMENT_LIMIT);
    char etag[ETAG_SIZE];

    if (!document) {
        return cvg_answer_problem(request, 404, "NotFound", "There is no such document.");
    }
    size_t length = strlen(document->text);
    snprintf(etag, sizeof etag, "\"%016llx\"",
             (unsigned long long)cvg_text_hash(document->text, length));
    unsigned status = has_already(request, etag) ? 304 : 200;
    if (status == 200) {
        cvg_buf_add(&body, document->text, length);
    }
    struct MHD_Response *response = cvg_answer_make(document->type, &body);
    if (!response) {
        return MHD_NO;
    }
    MHD_del_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
    enum MHD_Result result = cvg_answer_send(request, status, response);
    MHD_destroy_response(response);
    return result;
}
