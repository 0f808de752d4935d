/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of the configuration: sources, gates, and what is not covered; see init_write.h. */
#include "client/init_write.h"

#include "base/text.h"
#include "client/init_write_inner.h"

#include <string.h>

#define GATES_SHOWN 8

/* ---- values ---- */

/* YAML 1.1 and 1.2 read these as something else than text. */
static bool is_word_of_yaml(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no",  "on", "off",
                                        "null", "y",     "n",   "nan", "inf"};
    for (size_t i = 0; i < CVG_COUNT(words); i++) {
        if (cvg_text_equal_nocase(text, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_plain(const char *text)
{
    bool letter = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    for (const char *at = text; *at; at++) {
        bool alnum =
            (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9');
        if (!alnum && !strchr("-_.", *at)) {
            return false;
        }
    }
    return letter && !is_word_of_yaml(text);
}

const char *cvg_init_scalar(struct cvg_init_found *found, const char *text)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf quoted = CVG_BUF_INIT(64u * 1024);
    if (is_plain(text)) {
        return text;
    }
    cvg_buf_putc(&quoted, '"');
    for (const char *at = text; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\') {
            cvg_buf_printf(&quoted, "\\%c", *at);
        } else if (byte < 0x20 || byte == 0x7f) {
            cvg_buf_printf(&quoted, "\\x%02x", byte);
        } else {
            cvg_buf_putc(&quoted, *at);
        }
    }
    cvg_buf_putc(&quoted, '"');
    return cvg_arena_strdup(found->arena, cvg_buf_text(&quoted));
}

const char *cvg_init_scalars(struct cvg_init_found *found, const char *const *items, size_t count)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf list = CVG_BUF_INIT(1024u * 1024);
    for (size_t i = 0; i < count; i++) {
        cvg_buf_printf(&list, "%s%s", i ? ", " : "", cvg_init_scalar(found, items[i]));
    }
    return cvg_arena_format(found->arena, "[%s]", cvg_buf_text(&list));
}

const char *cvg_init_check(struct cvg_init_writer *writer, const char *name, bool required)
{
    writer->written->checks++;
    writer->written->required += required;
    CVG_GROW(writer->names, writer->name_count, writer->name_capacity);
    writer->names[writer->name_count] = cvg_init_unique(writer->found, name);
    return writer->names[writer->name_count++];
}

/* ---- sources ---- */

static void write_cluster_source(struct cvg_init_writer *writer)
{
    struct cvg_init_found *found = writer->found;
    const struct cvg_init_cluster *cluster = &found->cluster;
    cvg_buf_puts(writer->out, "  cluster:\n    type: kubernetes\n");
    if (cluster->kubeconfig) {
        cvg_buf_printf(writer->out, "    kubeconfig: %s\n",
                       cvg_init_scalar(found, cluster->kubeconfig));
    } else {
        cvg_buf_puts(writer->out,
                     "    # Found by KUBECONFIG or in ~/.kube/config, or the pod's own "
                     "account; for a service name it:\n"
                     "    # kubeconfig: /etc/convergate/kubeconfig\n");
    }
    if (cluster->context) {
        cvg_buf_printf(writer->out, "    context: %s\n", cvg_init_scalar(found, cluster->context));
    }
    if (cluster->allow_exec) {
        cvg_buf_puts(writer->out, "    allow_exec: true # the kubeconfig's program gets the "
                                  "credentials\n");
    }
    if (cluster->namespace_count) {
        cvg_buf_puts(writer->out,
                     "    # For an account that may not read all namespaces at once:\n");
        cvg_buf_printf(writer->out, "    # namespaces: %s\n",
                       cvg_init_scalars(found, cluster->namespaces, cluster->namespace_count));
    }
    writer->written->sources++;
}

void cvg_init_write_sources(struct cvg_init_writer *writer)
{
    struct cvg_init_found *found = writer->found;
    cvg_buf_puts(writer->out, "\nsources:\n");
    if (found->state.read) {
        cvg_buf_printf(writer->out, "  infra: {type: terraform, backend: %s, %s: %s}\n",
                       found->state.is_url ? "http" : "local", found->state.is_url ? "url" : "path",
                       cvg_init_scalar(found, found->state.place));
        writer->written->sources++;
    }
    if (found->cluster.read) {
        write_cluster_source(writer);
    }
    if (found->metrics.read) {
        cvg_buf_printf(writer->out, "  metrics: {type: prometheus, url: %s}\n",
                       cvg_init_scalar(found, found->metrics.url));
        writer->written->sources++;
    }

    const struct {
        const char *name;
        bool live;
    } probes[] = {
        {"dns", writer->live->dns}, {"tls", writer->live->tls}, {"http", writer->live->http}};

    for (size_t i = 0; i < CVG_COUNT(probes); i++) {
        if (probes[i].live && (found->cluster.host_count || found->state.output_count)) {
            cvg_buf_printf(writer->out, "  %s: {type: %s}\n", probes[i].name, probes[i].name);
            writer->written->sources++;
        }
    }
}

/* ---- gates, and the rest ---- */

static void write_gates(struct cvg_init_writer *writer)
{
    size_t shown = 0, at = 0;
    const char *component;
    void *value;
    cvg_buf_puts(writer->out, "    gates:\n"
                              "      # Open when every required check is ready. A check becomes "
                              "ready after 30 s without a doubt\n"
                              "      # (rise), so the first answer comes within a minute.\n");
    /* The loader refuses a gate that nothing could open. All of it is the careful choice. */
    if (writer->written->required == 0) {
        cvg_buf_printf(writer->out,
                       "      # Nothing was in order enough to be required by itself, so this one "
                       "asks for all of it: take\n"
                       "      # out what it need not wait for.\n"
                       "      deploy: {require: %s}\n",
                       cvg_init_scalars(writer->found, writer->names, writer->name_count));
    } else {
        cvg_buf_puts(writer->out, "      deploy: {}\n");
    }
    while (shown < GATES_SHOWN && cvg_map_next(writer->components, &at, &component, &value)) {
        cvg_buf_printf(writer->out, "%s      # %s: {require: [%s]}\n",
                       shown++ ? "" : "      # A gate of its own for a component:\n", component,
                       cvg_init_scalar(writer->found, component));
    }
}

static void write_notes(struct cvg_init_writer *writer)
{
    struct cvg_init_found *found = writer->found;
    cvg_buf_puts(writer->out, "\n# Not covered:\n");
    for (size_t i = 0; i < found->note_count; i++) {
        cvg_buf_printf(writer->out, "# - %s\n", found->notes[i]);
    }
    if (found->notes_over) {
        cvg_buf_printf(writer->out, "# - %zu further findings\n", found->notes_over);
    }
    cvg_buf_puts(writer->out,
                 "# - what only people know: which of these a rollout must wait for. Take\n"
                 "#   `required: false` where it need not.\n");
}

static void write_environment(struct cvg_init_writer *writer)
{
    const char *name = cvg_init_name(writer->found, writer->found->environment, "prod");
    cvg_buf_printf(writer->out, "\nenvironments:\n  %s:\n    checks:\n",
                   cvg_init_scalar(writer->found, name));
    cvg_init_write_state(writer);
    cvg_init_write_cluster(writer);
    cvg_init_write_metrics(writer);
    cvg_init_write_probes(writer);
    write_gates(writer);
}

void cvg_init_write(struct cvg_init_found *found, const struct cvg_init_live *live,
                    struct cvg_buf *out, struct cvg_init_written *ret)
{
    struct cvg_init_writer writer = {
        .found = found, .live = live, .out = out, .written = ret, .components = cvg_map_new()};
    *ret = (struct cvg_init_written){0};
    cvg_map_free(found->names);
    found->names = cvg_map_new();
    cvg_init_sort(found);
    cvg_buf_puts(out,
                 "# Written by `convergate init` from what it found. It is a beginning: read it, "
                 "and take out what a\n"
                 "# rollout need not wait for. `convergated --check -c FILE` tells whether it "
                 "is valid.\n"
                 "server: {listen: \"127.0.0.1:8717\"}\n"
                 "# Holds, decisions and history survive a restart in a store:\n"
                 "# store: /var/lib/convergate/convergate.db\n");
    cvg_init_write_sources(&writer);
    write_environment(&writer);
    write_notes(&writer);
    cvg_map_free(writer.components);
    free(writer.names);
}
