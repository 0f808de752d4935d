/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9457 documents, and the words of RFC 9110 for their titles. */
#include "wire/problem.h"

#include "base/text.h"
#include "wire/document.h"

#include <string.h>

const char *cvg_wire_status_title(unsigned status)
{
    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {421, "Misdirected Request"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < CVG_COUNT(titles); i++) {
        if (titles[i].status == status) {
            return titles[i].title;
        }
    }
    return "Error";
}

int cvg_wire_problem_write(unsigned status, const char *code, const char *detail,
                           struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();

    cvg_document_text(root, "type", "about:blank");
    cvg_document_text(root, "title", cvg_wire_status_title(status));
    cvg_document_number(root, "status", status);
    cvg_document_text(root, "code", code);
    cvg_document_text(root, "detail", detail);
    return cvg_document_print(root, ret);
}

void cvg_wire_problem_read(const char *json, size_t length, char *ret, size_t size)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cJSON_ParseWithLength(json, length);
    const cJSON *detail = cJSON_GetObjectItemCaseSensitive(root, "detail");

    if (cJSON_IsString(detail)) {
        cvg_text_printable(detail->valuestring, strlen(detail->valuestring), ret, size);
    } else {
        cvg_text_printable(json, CVG_MIN(length, 200), ret, size);
    }
}
