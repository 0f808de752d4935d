/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a source's or check's keys; see config.h. */
#include "config.h"

#include "image.h"
#include "kit/condition.h"
#include "kit/pointer.h"
#include "kit/regex.h"
#include "status.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct examined {
    const struct cvg_http_check_config *config;
    cvg_http_refuse *refuse;
    void *arg;
    int result;
};

static void refuse(struct examined *examined, const char *path, const char *text)
{
    examined->refuse(examined->arg, path, text);
    examined->result = -1;
}

static int refers(const char *text)
{
    return text != NULL && strstr(text, "${") != NULL;
}

static int is_token(const char *text)
{
    return *text != '\0' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "!#$%&'*+-.^_`|~")] == '\0';
}

static int is_one_of(const char *name, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcasecmp(name, *list) == 0) {
            return 1;
        }
    }
    return 0;
}

static const char *const secret_names[] = {"Authorization", "Proxy-Authorization", "Cookie",
                                           "X-Amz-Security-Token", NULL};
static const char *const own_names[] = {"Host",       "Content-Length",       "Transfer-Encoding",
                                        "Connection", "Accept-Encoding",      "Content-Type",
                                        "X-Amz-Date", "X-Amz-Content-Sha256", NULL};

/* ---- sources ---- */

int cvg_http_source_check(const struct cvg_http_source_config *config, int has_url,
                          cvg_http_refuse *refuse_key, void *arg)
{
    struct examined examined = {.refuse = refuse_key, .arg = arg};
    const struct cvg_http_secret_header *headers = config->secret_headers.items;
    if (config->secret_headers.count > 0 && !has_url) {
        refuse(&examined, "secret_headers", "needs the source's url: they are sent nowhere else");
    }
    for (size_t i = 0; i < config->secret_headers.count; i++) {
        char path[48];
        (void)snprintf(path, sizeof(path), "secret_headers[%zu].name", i);
        if (!is_token(headers[i].name)) {
            refuse(&examined, path, "is not the name of a header");
        } else if (is_one_of(headers[i].name, own_names)) {
            refuse(&examined, path, "cannot be set");
        }
    }
    return examined.result;
}

/* ---- checks ---- */

static void check_question(struct examined *examined, int has_url)
{
    const struct cvg_http_check_config *config = examined->config;
    int count = (config->path != NULL) + (config->url != NULL) + (config->image != NULL);
    char why[160];
    if (count != 1) {
        refuse(examined, "",
               count == 0 ? "needs one of path, url and image"
                          : "path, url and image exclude each other");
        return;
    }
    if (config->path != NULL && !has_url) {
        refuse(examined, "path", "needs the source's url; write url for another place");
    }
    if (config->path != NULL && !refers(config->path) && config->path[0] != '/') {
        refuse(examined, "path", "has to begin with '/'");
    }
    if (config->image != NULL && !refers(config->image)) {
        struct cvg_http_image image;
        if (cvg_http_image_parse(config->image, &image, why, sizeof(why)) < 0) {
            refuse(examined, "image", why);
        }
    }
}

/* What would have no effect beside `image` is refused, because somebody believes in it. */
static void check_image_alone(struct examined *examined)
{
    const struct cvg_http_check_config *config = examined->config;

    const struct {
        const char *name;
        int given;
    } keys[] = {
        {"method", config->method != NULL},
        {"headers", config->headers.count > 0},
        {"body", config->body != NULL},
        {"on_status", config->on_status.count > 0},
        {"body_contains", config->body_contains.count > 0},
        {"body_lacks", config->body_lacks.count > 0},
        {"body_matches", config->body_matches != NULL},
        {"json", config->json.count > 0},
        {"value", config->value != NULL},
        {"facts", config->facts.count > 0},
        {"redirects", config->redirects == 1},
        {"max_response", config->max_response != CVG_ABSENT_INT},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i].given) {
            refuse(examined, keys[i].name, "has no effect beside image");
        }
    }
}

static void check_request(struct examined *examined)
{
    static const char *const writes[] = {"DELETE", "CONNECT", "TRACE", NULL};
    const struct cvg_http_check_config *config = examined->config;
    const struct cvg_pair *pairs = config->headers.items;
    if (config->method != NULL && !refers(config->method)) {
        if (config->method[strspn(config->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0') {
            refuse(examined, "method", "is not a method: capital letters, such as GET");
        } else if (is_one_of(config->method, writes)) {
            refuse(examined, "method", "is none that a check may use: it looks");
        }
    }
    for (size_t i = 0; i < config->headers.count; i++) {
        char path[160];
        (void)snprintf(path, sizeof(path), "headers.%s", pairs[i].name);
        if (!is_token(pairs[i].name)) {
            refuse(examined, "headers", "has a name that is none of a header");
        } else if (is_one_of(pairs[i].name, secret_names)) {
            refuse(examined, path,
                   "credentials cannot stand here; use the source's bearer, basic, "
                   "sigv4 or secret_headers, which refer to a secret");
        } else if (is_one_of(pairs[i].name, own_names)) {
            refuse(examined, path, "cannot be set here");
        } else if (pairs[i].value[strcspn(pairs[i].value, "\r\n")] != '\0') {
            refuse(examined, path, "must be one line");
        }
    }
}

static int is_word(const char *text)
{
    static const char *const words[] = {"progressing", "degraded", "failed", "unknown", NULL};
    return is_one_of(text, words);
}

static void check_statuses(struct examined *examined)
{
    const struct cvg_http_check_config *config = examined->config;
    const char *const *texts = config->status.items;
    const struct cvg_pair *pairs = config->on_status.items;
    struct cvg_http_range range;
    char path[64];
    for (size_t i = 0; i < config->status.count; i++) {
        if (!refers(texts[i]) && cvg_http_range_parse(texts[i], &range) < 0) {
            (void)snprintf(path, sizeof(path), "status[%zu]", i);
            refuse(examined, path, "is neither a status (404) nor a range of them (200-299)");
        }
    }
    for (size_t i = 0; i < config->on_status.count; i++) {
        (void)snprintf(path, sizeof(path), "on_status.%.40s", pairs[i].name);
        if (cvg_http_range_parse(pairs[i].name, &range) < 0) {
            refuse(examined, path, "is neither a status (404) nor a range of them (500-599)");
        } else if (!refers(pairs[i].value) && !is_word(pairs[i].value)) {
            refuse(examined, path,
                   "must be progressing, degraded, failed or unknown; what is ready "
                   "stands in status");
        }
    }
}

static void check_pattern(struct examined *examined, const char *path, const char *pattern)
{
    char why[160];
    if (pattern != NULL && !refers(pattern) && cvg_kit_regex_check(pattern, why, sizeof(why)) < 0) {
        refuse(examined, path, why);
    }
}

static void check_condition(struct examined *examined, const char *path, const char *text)
{
    struct cvg_kit_condition condition;
    const char *why =
        text != NULL && !refers(text) ? cvg_kit_condition_parse(text, &condition) : NULL;
    if (why != NULL) {
        refuse(examined, path, why);
    }
}

static void check_pointer(struct examined *examined, const char *path, const char *pointer)
{
    const char *why = pointer != NULL && !refers(pointer) ? cvg_kit_pointer_check(pointer) : NULL;
    if (why != NULL) {
        refuse(examined, path, why);
    }
}

static void check_want(struct examined *examined, size_t number, const struct cvg_http_want *want)
{
    char path[64];
    int compared = want->equals != NULL || want->not_equals != NULL || want->matches != NULL ||
                   want->condition != NULL || want->count != NULL;
    (void)snprintf(path, sizeof(path), "json[%zu].pointer", number);
    check_pointer(examined, path, want->pointer);
    (void)snprintf(path, sizeof(path), "json[%zu].matches", number);
    check_pattern(examined, path, want->matches);
    (void)snprintf(path, sizeof(path), "json[%zu].condition", number);
    check_condition(examined, path, want->condition);
    (void)snprintf(path, sizeof(path), "json[%zu].count", number);
    check_condition(examined, path, want->count);
    (void)snprintf(path, sizeof(path), "json[%zu].exists", number);
    if (want->exists == 0 && compared) {
        refuse(examined, path, "nothing can be said of what must not be there");
    }
}

static int is_fact_name(const char *name)
{
    return *name != '\0' && strlen(name) <= 128 &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "_-.")] == '\0';
}

/* The module's own. */
static const char *const own_facts[] = {"status", "response_ms", "address", NULL};

static void check_values(struct examined *examined)
{
    const struct cvg_http_check_config *config = examined->config;
    const struct cvg_http_want *wants = config->json.items;
    const struct cvg_pair *facts = config->facts.items;
    char path[160];
    for (size_t i = 0; i < config->json.count; i++) {
        check_want(examined, i, &wants[i]);
    }
    check_pointer(examined, "value", config->value);
    for (size_t i = 0; i < config->facts.count; i++) {
        (void)snprintf(path, sizeof(path), "facts.%s", facts[i].name);
        if (!is_fact_name(facts[i].name)) {
            refuse(examined, "facts", "has a name that is none: letters, digits, '_', '-', '.'");
        } else if (is_one_of(facts[i].name, own_facts)) {
            refuse(examined, path, "is a fact that every check here has");
        }
        check_pointer(examined, path, facts[i].value);
    }
}

int cvg_http_check_check(const struct cvg_http_check_config *config, int has_url,
                         cvg_http_refuse *refuse_key, void *arg)
{
    struct examined examined = {.config = config, .refuse = refuse_key, .arg = arg};
    check_question(&examined, has_url);
    if (config->image != NULL) {
        check_image_alone(&examined);
        return examined.result;
    }
    check_request(&examined);
    check_statuses(&examined);
    check_pattern(&examined, "body_matches", config->body_matches);
    check_values(&examined);
    if (config->method != NULL && strcmp(config->method, "HEAD") == 0 &&
        (config->body != NULL || cvg_http_check_reads_body(config))) {
        refuse(&examined, "method", "HEAD has no body, neither to send nor to look at");
    }
    return examined.result;
}

/* ---- what it needs ---- */

static int list_refers(const struct cvg_list *texts)
{
    const char *const *items = texts->items;
    for (size_t i = 0; i < texts->count; i++) {
        if (refers(items[i])) {
            return 1;
        }
    }
    return 0;
}

static int pairs_refer(const struct cvg_list *pairs)
{
    const struct cvg_pair *items = pairs->items;
    for (size_t i = 0; i < pairs->count; i++) {
        if (refers(items[i].value)) {
            return 1;
        }
    }
    return 0;
}

static int wants_refer(const struct cvg_list *wants)
{
    const struct cvg_http_want *items = wants->items;
    for (size_t i = 0; i < wants->count; i++) {
        const struct cvg_http_want *want = &items[i];
        if (refers(want->pointer) || refers(want->equals) || refers(want->not_equals) ||
            refers(want->matches) || refers(want->condition) || refers(want->count)) {
            return 1;
        }
    }
    return 0;
}

int cvg_http_check_refers(const struct cvg_http_check_config *config)
{
    const char *const texts[] = {config->path,         config->url,  config->image,
                                 config->method,       config->body, config->content_type,
                                 config->body_matches, config->value};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (refers(texts[i])) {
            return 1;
        }
    }
    return pairs_refer(&config->headers) || list_refers(&config->status) ||
           pairs_refer(&config->on_status) || list_refers(&config->body_contains) ||
           list_refers(&config->body_lacks) || wants_refer(&config->json) ||
           pairs_refer(&config->facts);
}

int cvg_http_check_reads_json(const struct cvg_http_check_config *config)
{
    return config->json.count > 0 || config->value != NULL || config->facts.count > 0;
}

int cvg_http_check_reads_body(const struct cvg_http_check_config *config)
{
    return config->body_contains.count > 0 || config->body_lacks.count > 0 ||
           config->body_matches != NULL || cvg_http_check_reads_json(config);
}
