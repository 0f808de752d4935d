/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who reads what: each kind in each namespace is listed and watched once, whoever asks for it. The
 * number of collections and readers is what operators wrote, so they are looked for one by one.
 */
#include "cluster.h"

#include "cluster_inner.h"
#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

struct cvg_kube_entry *cvg_kube_cluster_entry(const struct cvg_kube_cluster *cluster,
                                              const struct cvg_kube_collection *collection)
{
    size_t i = 0;
    while (i < cluster->count && cluster->entries[i]->collection != collection) {
        i++;
    }
    return i < cluster->count ? cluster->entries[i] : NULL;
}

void cvg_kube_entry_free(struct cvg_kube_entry *entry)
{
    cvg_kube_reflector_free(entry->reflector);
    cvg_kube_collection_free(entry->collection);
    free(entry->readers);
    free(entry);
}

struct want {
    const struct cvg_kube_kind *kind;
    const char *namespace;
    int labels;
    const char *const *pointers;
};

/* Once it is listed its objects have what was wanted until then: who wants more gets one of its own. */
static int serves(const struct cvg_kube_cluster *cluster, const struct cvg_kube_entry *entry,
                  const struct want *want)
{
    const struct cvg_kube_collection *collection = entry->collection;
    return cvg_kube_collection_kind(collection) == want->kind &&
           strcmp(cvg_kube_collection_namespace(collection), want->namespace) == 0 &&
           (!cluster->running ||
            cvg_kube_collection_keeps(collection, want->labels, want->pointers));
}

static struct cvg_kube_entry *take_entry(struct cvg_kube_cluster *cluster, const struct want *want)
{
    for (size_t i = 0; i < cluster->count; i++) {
        if (serves(cluster, cluster->entries[i], want)) {
            return cluster->entries[i];
        }
    }
    struct cvg_kube_entry *entry = cvg_kit_alloc(sizeof(*entry));
    entry->collection = cvg_kube_collection_new(cluster->pool, want->kind, want->namespace);
    entry->reflector = cvg_kube_reflector_new(cluster, entry->collection);
    cluster->entries =
        cvg_kit_resize(cluster->entries, cluster->count + 1, sizeof(struct cvg_kube_entry *));
    cluster->entries[cluster->count++] = entry;
    return entry;
}

static int reads(const struct cvg_kube_entry *entry, const struct cvg_kube_reader *reader)
{
    size_t i = 0;
    while (i < entry->reader_count && entry->readers[i] != reader) {
        i++;
    }
    return i < entry->reader_count;
}

static void add_reader(struct cvg_kube_entry *entry, struct cvg_kube_reader *reader)
{
    if (reads(entry, reader)) {
        return;
    }
    entry->readers =
        cvg_kit_resize(entry->readers, entry->reader_count + 1, sizeof(struct cvg_kube_reader *));
    entry->readers[entry->reader_count++] = reader;
}

/* NOLINTBEGIN(readability-function-size): what is wanted, by whom, and where it is then */
struct cvg_kube_collection *
cvg_kube_cluster_want(struct cvg_kube_cluster *cluster, struct cvg_kube_reader *reader,
                      const struct cvg_kube_kind *kind, const char *namespace, int labels,
                      const char *const *pointers, size_t *ret_first_pointer)
{
    const struct want want = {kind, namespace, labels, pointers};
    struct cvg_kube_entry *entry = take_entry(cluster, &want);
    cvg_kube_readers_add(cluster->readers, reader);
    add_reader(entry, reader);
    if (labels) {
        cvg_kube_collection_keep_labels(entry->collection);
    }
    size_t first = pointers ? cvg_kube_collection_keep_pointers(entry->collection, pointers) : 0;
    if (ret_first_pointer) {
        *ret_first_pointer = first;
    }
    if (cluster->running) {
        cvg_kube_reflector_start(entry->reflector, 0); /* unless it was */
        cvg_kube_readers_mark(cluster->readers, reader);
    }
    return entry->collection;
}

/* NOLINTEND(readability-function-size) */

void cvg_kube_cluster_leave(struct cvg_kube_cluster *cluster, struct cvg_kube_reader *reader)
{
    for (size_t i = 0; i < cluster->count; i++) {
        struct cvg_kube_entry *entry = cluster->entries[i];
        for (size_t j = 0; j < entry->reader_count; j++) {
            if (entry->readers[j] == reader) {
                entry->readers[j] = entry->readers[--entry->reader_count];
            }
        }
    }
    cvg_kube_readers_remove(cluster->readers, reader);
}

int cvg_kube_cluster_is_doubled(const struct cvg_kube_cluster *cluster,
                                const struct cvg_kube_collection *collection)
{
    const struct cvg_kube_entry *entry = cvg_kube_cluster_entry(cluster, collection);
    const struct cvg_kube_kind *kind = cvg_kube_collection_kind(collection);
    for (size_t i = 0; cluster->entries[i] != entry; i++) {
        const struct cvg_kube_entry *earlier = cluster->entries[i];
        for (size_t j = 0; j < entry->reader_count; j++) {
            if (cvg_kube_collection_kind(earlier->collection) == kind &&
                reads(earlier, entry->readers[j])) {
                return 1;
            }
        }
    }
    return 0;
}
