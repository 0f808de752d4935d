/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redirects within one origin, by hand: libcurl would follow to other hosts, with names that it
 * looks up itself and headers that are meant for the first one. A redirect that leads elsewhere
 * is handed to the module as the answer.
 */
#include "base/text.h"
#include "io/http_inner.h"

#include <string.h>
#include <strings.h>

static const char *find_location(const char *head, size_t *ret_length)
{
    static const char name[] = "location:";
    for (const char *line = head; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        if (strncasecmp(line, name, sizeof name - 1) == 0) {
            line += sizeof name - 1;
            line += strspn(line, " \t");
            *ret_length = strcspn(line, "\n");
            while (*ret_length && (line[*ret_length - 1] == ' ' || line[*ret_length - 1] == '\t')) {
                (*ret_length)--;
            }
            return line;
        }
    }
    return NULL;
}

/* Joins as RFC 3986 section 5 has it; libcurl's URL functions know how. */
static bool resolve(const char *base, const char *location, struct cvg_buf *ret)
{
    CURLU *handle = curl_url();
    char *joined = NULL;
    bool fine = handle && curl_url_set(handle, CURLUPART_URL, base, 0) == CURLUE_OK &&
                curl_url_set(handle, CURLUPART_URL, location, 0) == CURLUE_OK &&
                curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
                curl_url_get(handle, CURLUPART_URL, &joined, 0) == CURLUE_OK;
    cvg_buf_clear(ret);
    fine = fine && cvg_buf_puts(ret, joined) == 0;
    curl_free(joined);
    curl_url_cleanup(handle);
    return fine;
}

bool cvg_transfer_is_redirect(struct cvg_transfer *transfer)
{
    uint32_t status = transfer->status;
    bool redirect =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (!redirect || !(transfer->request.flags & CVG_HTTP_FOLLOW) ||
        transfer->redirects >= CVG_HTTP_REDIRECTS_MAX) {
        return false;
    }
    size_t length = 0;
    const char *found = find_location(cvg_buf_text(&transfer->head), &length);
    if (!found || !length) {
        return false;
    }
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf location = CVG_BUF_INIT(CVG_HTTP_URL_MAX);
    struct cvg_url target;
    return cvg_buf_add(&location, found, length) == 0 &&
           resolve(cvg_buf_text(&transfer->url), cvg_buf_text(&location), &transfer->next_url) &&
           cvg_url_parse(cvg_buf_text(&transfer->next_url), &target, NULL) == 0 &&
           cvg_url_same_origin(&target, &transfer->target);
}

void cvg_transfer_follow(struct cvg_transfer *transfer)
{
    struct cvg_buf old = transfer->url;
    transfer->url = transfer->next_url;
    transfer->next_url = old;
    /* It was parsed when it was found to lead here. */
    (void)!cvg_url_parse(cvg_buf_text(&transfer->url), &transfer->target, NULL);
    bool to_get = transfer->status == 303 ||
                  (transfer->status < 303 && cvg_text_equal(transfer->method, "POST"));
    if (to_get && !cvg_text_equal(transfer->method, "HEAD")) {
        memcpy(transfer->method, "GET", sizeof "GET");
        cvg_buf_clear(&transfer->body);
        transfer->has_body = false;
    }
    transfer->redirects++;
    transfer->redirecting = false;
    transfer->head_done = false;
    transfer->status = 0;
    cvg_buf_clear(&transfer->head);
}
