/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with keys, told before anything is asked; see config.h. */
#include "backend.h"
#include "config.h"
#include "kit/regex.h"
#include "pattern.h"

#include <stdio.h>
#include <string.h>

struct refusal {
    cvg_tf_refuse_key *refuse;
    void *arg;
    int refused;
};

static void refuse_key(struct refusal *refusal, const char *path, const char *text)
{
    refusal->refuse(refusal->arg, path, text);
    refusal->refused = 1;
}

/* ---- sources ---- */

/* Keys that some backends have and others have not, each with whether the operator wrote it: what
 * equals the default is taken as not written. */
struct key {
    const char *name;
    int written;
};

enum {
    KEYS = 15
};

static void list_keys(const struct cvg_tf_source_config *config, struct key ret[KEYS])
{
    const char *directory = config->workspace_dir;
    const struct key keys[KEYS] = {
        {"path", config->path != NULL},
        {"workspace", config->workspace != NULL},
        {"workspace_dir", directory != NULL && strcmp(directory, "terraform.tfstate.d") != 0},
        {"bucket", config->bucket != NULL},
        {"key", config->key != NULL},
        {"prefix", config->prefix != NULL},
        {"path_style", config->path_style == 1},
        {"use_lockfile", config->use_lockfile == 0},
        {"dynamodb_table", config->dynamodb_table != NULL},
        {"dynamodb_url", config->dynamodb_url != NULL},
        {"container", config->container != NULL},
        {"sas", config->sas != NULL},
        {"organization", config->organization != NULL},
        {"namespace", config->namespace != NULL},
        {"secret_suffix", config->secret_suffix != NULL},
    };
    memcpy(ret, keys, sizeof(keys));
}

/* Words between blanks. */
static int has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += length) {
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return 1;
        }
    }
    return 0;
}

struct backend_keys {
    const char *backend;
    const char *required, *more;
    uint32_t documents; /* it may also hold what `show -json` printed */
};

static const struct backend_keys *keys_of(const char *backend)
{
    static const struct backend_keys all[] = {
        {"local", "path", "workspace workspace_dir", 1},
        {"http", "", "path", 1},
        {"s3", "bucket key", "prefix workspace path_style use_lockfile dynamodb_table dynamodb_url",
         1},
        {"gcs", "bucket", "prefix workspace", 0},
        {"azurerm", "container key", "workspace sas", 0},
        {"consul", "path", "workspace", 0},
        {"kubernetes", "secret_suffix", "workspace namespace", 0},
        {"remote", "organization workspace", "", 0},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(all[i].backend, backend) == 0) {
            return &all[i];
        }
    }
    return NULL;
}

/* The backend's name stands between two texts. */
static void refuse_for(struct refusal *refusal, const char *key, const char *before,
                       const char *backend, const char *after)
{
    char text[160];
    (void)snprintf(text, sizeof(text), "%s%s%s", before, backend, after);
    refuse_key(refusal, key, text);
}

static void check_keys(struct refusal *refusal, const struct cvg_tf_source_config *config,
                       const struct backend_keys *backend)
{
    struct key keys[KEYS];
    list_keys(config, keys);
    for (size_t i = 0; i < KEYS; i++) {
        int required = has_word(backend->required, keys[i].name);
        if (required && !keys[i].written) {
            refuse_for(refusal, keys[i].name, "is missing: backend ", backend->backend,
                       " needs it");
        }
        if (keys[i].written && !required && !has_word(backend->more, keys[i].name)) {
            refuse_for(refusal, keys[i].name, "has no effect with backend: ", backend->backend, "");
        }
    }
}

static void check_local(struct refusal *refusal, const struct cvg_tf_source_config *config)
{
    const char *path = config->path;
    if (path == NULL) {
        return;
    }
    if (path[0] != '/') {
        refuse_key(refusal, "path",
                   "must begin with a slash: the daemon has no directory of its "
                   "own that a path could be relative to");
    }
    size_t length = strlen(path);
    int is_directory = length > 0 && path[length - 1] == '/';
    if (config->content != CVG_TF_CONTENT_STATE && is_directory) {
        refuse_key(refusal, "path",
                   "must name the file: only states stand in directories of "
                   "workspaces");
    }
    if (config->workspace != NULL && !is_directory) {
        refuse_key(refusal, "path",
                   "must be the directory that has terraform.tfstate.d, ending in "
                   "a slash, beside workspace");
    }
}

/* A name that becomes part of a path stays within its place. */
static int is_name(const char *text)
{
    if (text[0] == '\0' || strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
        return 0;
    }
    for (; *text != '\0'; text++) {
        if (*text == '/' || (unsigned char)*text <= ' ' || *text == 0x7F) {
            return 0;
        }
    }
    return 1;
}

int cvg_tf_source_check(const struct cvg_tf_source_config *config, cvg_tf_refuse_key *refuse,
                        void *arg)
{
    struct refusal refusal = {.refuse = refuse, .arg = arg};
    const char *wrong = NULL;
    const struct backend_keys *backend = keys_of(config->backend);
    if (cvg_tf_backend_find(config->backend, &wrong) == NULL || backend == NULL) {
        refuse_key(&refusal, "backend", wrong);
        return -1;
    }
    check_keys(&refusal, config, backend);
    if (config->workspace != NULL && !is_name(config->workspace)) {
        refuse_key(&refusal, "workspace", "must be a workspace's name: no slash, no blank");
    }
    if (strcmp(config->backend, "local") == 0) {
        check_local(&refusal, config);
    }
    if (config->content != CVG_TF_CONTENT_STATE && !backend->documents) {
        refuse_for(&refusal, "content",
                   "must be state: what `show -json` prints is never kept by backend ",
                   backend->backend, "; use local, http or s3");
    }
    if ((config->dynamodb_table == NULL) != (config->dynamodb_url == NULL)) {
        refuse_key(&refusal, config->dynamodb_url == NULL ? "dynamodb_url" : "dynamodb_table",
                   "is missing: a table and the url of its service go together");
    }
    return refusal.refused ? -1 : 0;
}

/* ---- checks ---- */

static int refers(const char *text)
{
    return text != NULL && strstr(text, "${") != NULL;
}

int cvg_tf_check_refers(const struct cvg_tf_check_config *config)
{
    const struct cvg_tf_want_resource *resources = config->resources.items;
    for (size_t i = 0; i < config->resources.count; i++) {
        if (refers(resources[i].address)) {
            return 1;
        }
    }
    const struct cvg_tf_want_output *outputs = config->outputs.items;
    for (size_t i = 0; i < config->outputs.count; i++) {
        if (refers(outputs[i].name) || refers(outputs[i].equals) || refers(outputs[i].matches)) {
            return 1;
        }
    }
    const char *const *checks = config->checks.items;
    for (size_t i = 0; i < config->checks.count; i++) {
        if (refers(checks[i])) {
            return 1;
        }
    }
    return 0;
}

static void refuse_item(struct refusal *refusal, const char *list, size_t number, const char *key,
                        const char *text)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "%s[%zu]%s", list, number, key);
    refuse_key(refusal, path, text);
}

static void check_resources(struct refusal *refusal, const struct cvg_list *list)
{
    const struct cvg_tf_want_resource *resources = list->items;
    for (size_t i = 0; i < list->count; i++) {
        const char *wrong =
            refers(resources[i].address) ? NULL : cvg_tf_pattern_check(resources[i].address);
        if (wrong != NULL) {
            refuse_item(refusal, "resources", i, ".address", wrong);
        }
        if (resources[i].count != CVG_ABSENT_INT && resources[i].at_least != CVG_ABSENT_INT) {
            refuse_item(refusal, "resources", i, ".at_least", "has no effect beside count");
        }
    }
}

/* Letters, digits, '_' and '-', as names of outputs are, with dots between the parts. */
static int is_output_path(const char *text)
{
    int inside = 0;
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '.') {
            if (!inside) {
                return 0;
            }
            inside = 0;
        } else if (byte <= ' ' || byte == 0x7F) {
            return 0;
        } else {
            inside = 1;
        }
    }
    return inside;
}

static void check_matches(struct refusal *refusal, size_t number, const char *pattern)
{
    char why[96], text[160];
    if (cvg_kit_regex_check(pattern, why, sizeof(why)) == 0) {
        return;
    }
    (void)snprintf(text, sizeof(text), "is no regular expression: %s", why);
    refuse_item(refusal, "outputs", number, ".matches", text);
}

static void check_outputs(struct refusal *refusal, const struct cvg_list *list)
{
    const struct cvg_tf_want_output *outputs = list->items;
    for (size_t i = 0; i < list->count; i++) {
        const struct cvg_tf_want_output *each = &outputs[i];
        if (!refers(each->name) && !is_output_path(each->name)) {
            refuse_item(refusal, "outputs", i, ".name",
                        "must be an output's name, or names with dots between them");
        }
        if (each->equals != NULL && each->matches != NULL) {
            refuse_item(refusal, "outputs", i, ".matches", "has no effect beside equals");
        } else if (each->matches != NULL && !refers(each->matches)) {
            check_matches(refusal, i, each->matches);
        }
        if (each->equals != NULL && each->equals[0] == '\0' && each->allow_empty != 1) {
            refuse_item(refusal, "outputs", i, ".equals",
                        "an empty output is never ready without allow_empty: true");
        }
    }
}

/* What a plan or a document without a serial cannot tell. */
static void check_evidence(struct refusal *refusal, const struct cvg_tf_check_config *config,
                           const struct cvg_tf_source_config *source)
{
    int is_plan = source->content == CVG_TF_CONTENT_PLAN;
    int is_remote = strcmp(source->backend, "remote") == 0;
    const char *of_plans = "has no effect on a plan: it is about a state";
    if (is_plan && config->resources.count > 0) {
        refuse_key(refusal, "resources", of_plans);
    }
    if (is_plan && config->outputs.count > 0) {
        refuse_key(refusal, "outputs", of_plans);
    }
    if (source->content != CVG_TF_CONTENT_STATE && config->serial_at_least != CVG_ABSENT_INT) {
        refuse_key(refusal, "serial_at_least",
                   is_plan ? of_plans : "has no effect: `show -json` prints no serial");
    }
    if (!is_plan && !is_remote && config->converged == 1) {
        refuse_key(refusal, "converged",
                   "a state cannot tell: it needs a source with content: plan, or backend: remote "
                   "with health assessments");
    }
    if (!is_remote && config->targeted == 1) {
        refuse_key(refusal, "targeted", "has no effect without backend: remote");
    }
    if (source->content != CVG_TF_CONTENT_STATE && config->ignore_plan_locks != CVG_ABSENT_INT) {
        refuse_key(refusal, "ignore_plan_locks", "has no effect: this document is not locked");
    }
    if (config->lock == CVG_TF_LOCK_IGNORE && config->ignore_plan_locks != CVG_ABSENT_INT) {
        refuse_key(refusal, "ignore_plan_locks", "has no effect beside lock: ignore");
    }
}

int cvg_tf_check_check(const struct cvg_tf_check_config *config,
                       const struct cvg_tf_source_config *source, cvg_tf_refuse_key *refuse,
                       void *arg)
{
    struct refusal refusal = {.refuse = refuse, .arg = arg};
    check_resources(&refusal, &config->resources);
    check_outputs(&refusal, &config->outputs);
    check_evidence(&refusal, config, source);
    return refusal.refused ? -1 : 0;
}
