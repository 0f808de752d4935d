/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `convergate init` found, before it is written down: plain data, filled by readers and read by
 * the writer. Names that came from outside are judged when they are added: what is not a name of its
 * kind never gets in, and is told as a note, made printable. One owner, no locks.
 */
#ifndef CVG_CLIENT_INIT_FOUND_H
#define CVG_CLIENT_INIT_FOUND_H

#include "base/alloc.h"
#include "base/map.h"

#include <stdbool.h>
#include <stdint.h>

/* More workloads than this are summed up by namespace, kind and part-of. */
#define CVG_INIT_WORKLOADS 500
/* Bounds of what is kept of the rest; what is over them is counted. */
#define CVG_INIT_SEEN      20000
#define CVG_INIT_HOSTS     50
#define CVG_INIT_RULES     40
#define CVG_INIT_OUTPUTS   40
#define CVG_INIT_MODULES   40
#define CVG_INIT_NOTES     100

enum cvg_init_kind {
    CVG_INIT_DEPLOYMENT,
    CVG_INIT_STATEFULSET,
    CVG_INIT_DAEMONSET,
    CVG_INIT_JOB,
    CVG_INIT_KIND_COUNT
};

const char *cvg_init_kind_text(enum cvg_init_kind kind); /* "Deployment" */

struct cvg_init_workload {
    enum cvg_init_kind kind;
    const char *namespace, *name;
    const char *part_of;   /* the label's value; NULL: none that a selector could ask for */
    const char *component; /* a name for the configuration; never NULL */
};

/* How a check that was tried while reading did. */
enum cvg_init_trial {
    CVG_INIT_READY,
    CVG_INIT_NOT_READY, /* works, and is not ready now */
    CVG_INIT_CANNOT,    /* cannot tell: a missing right, nothing to look at */
};

struct cvg_init_preset {
    const char *name;
    enum cvg_init_trial trial;
    const char *why; /* printable; "" where it is ready */
};

struct cvg_init_host {
    const char *host;
    bool tls;
    const char *from; /* printable: "Ingress shop/web" */
};

enum cvg_init_output_kind {
    CVG_INIT_OUTPUT_HOST,
    CVG_INIT_OUTPUT_URL
};

struct cvg_init_output {
    const char *name;
    enum cvg_init_output_kind kind;
};

struct cvg_init_module {
    const char *name; /* "network" */
    size_t resources;
};

struct cvg_init_cluster {
    bool read;
    const char *kubeconfig, *context; /* NULL: not given */
    bool allow_exec;
    const char *const *namespaces;       /* as the user named them, borrowed */
    size_t namespace_count;              /* 0: all */
    struct cvg_init_workload *workloads; /* owned */
    size_t workload_count, workload_capacity;
    size_t seen[CVG_INIT_KIND_COUNT], system, owned, cronjobs;
    struct cvg_init_preset *presets; /* owned */
    size_t preset_count, preset_capacity;
    struct cvg_init_host *hosts; /* owned */
    size_t host_count, host_capacity, hosts_over;
};

struct cvg_init_state {
    bool read;
    const char *place; /* an absolute path or a URL */
    bool is_url;
    enum cvg_init_trial trial;
    const char *why;
    struct cvg_init_module *modules; /* owned */
    size_t module_count, module_capacity, modules_over, resources;
    struct cvg_init_output *outputs; /* owned */
    size_t output_count, output_capacity, outputs_seen, outputs_secret;
};

struct cvg_init_metrics {
    bool read;
    const char *url;
    enum cvg_init_trial up;
    const char *up_why;
    size_t jobs;
    bool watchdog, critical; /* there is such a rule, and such a severity */
    enum cvg_init_trial alerts;
    const char *alerts_why;
    size_t alerting, recording;
    const char **criticals; /* owned: alerting rules of the severity critical that can be named */
    size_t critical_count, critical_capacity;
    const char **ratios; /* owned: recording rules that look like error ratios or burn rates */
    size_t ratio_count, ratio_capacity;
};

struct cvg_init_found {
    struct cvg_arena *arena; /* owned: all texts */
    struct cvg_map *names;   /* owned: names of checks that are taken, and sets (see .c) */
    struct cvg_map *sets;    /* owned: what was added already, by kind and text */
    const char *environment;
    struct cvg_init_cluster cluster;
    struct cvg_init_state state;
    struct cvg_init_metrics metrics;
    const char **notes; /* owned array: what is not covered, printable, one line each */
    size_t note_count, note_capacity, notes_over;
};

void cvg_init_found_new(struct cvg_init_found *ret);
void cvg_init_found_done(struct cvg_init_found *found);

/* A line about what is left out; made printable and cut. */
void cvg_init_note(struct cvg_init_found *found, const char *format, ...) CVG_PRINTF(2, 3);
/* Printable, one line, in the arena. */
const char *cvg_init_shown(struct cvg_init_found *found, const char *text);
/* A name for checks, components and environments made of any text: what may not stand in one becomes
 * '-', cut to 63 bytes. fallback where nothing is left. */
const char *cvg_init_name(struct cvg_init_found *found, const char *text, const char *fallback);
/* The same, and no check has it yet: "api", "api-2", ... */
const char *cvg_init_unique(struct cvg_init_found *found, const char *text);
/* True the first time. */
bool cvg_init_first(struct cvg_init_found *found, const char *set, const char *text);

/* What an API server told of one object; texts are hostile and may be NULL. */
struct cvg_init_object {
    const char *namespace, *name, *part_of, *app, *owner;
};

void cvg_init_add_workload(struct cvg_init_found *found, enum cvg_init_kind kind,
                           const struct cvg_init_object *object);
void cvg_init_add_preset(struct cvg_init_found *found, const char *name, enum cvg_init_trial trial,
                         const char *why);
/* kind: "Ingress", "Gateway". */
void cvg_init_add_host(struct cvg_init_found *found, const char *kind,
                       const struct cvg_init_object *object, const char *host, bool tls);
/* address: as in the state: "module.network[0].module.x", NULL in the root. */
void cvg_init_add_resource(struct cvg_init_found *found, const char *address);
/* value: NULL where it is no text. */
void cvg_init_add_output(struct cvg_init_found *found, const char *name, const char *value,
                         bool sensitive);
void cvg_init_add_rule(struct cvg_init_found *found, const char *name, bool alerting,
                       const char *severity);

/* Sorted by namespace, kind and name: the same cluster gives the same text. */
void cvg_init_sort(struct cvg_init_found *found);

#endif
