/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_proto_kubernetes PkgConfig::CURL */
/*
 * The least that a first sync can cost with these libraries: libcurl reads the lists page by page,
 * the envelope is walked in place, each object is unpacked by protobuf-c into a bump allocator that
 * starts again with the next one, and 32 bytes and the name of it are kept. No checks, no indexes,
 * no HTTP server. bench_kubernetes.py starts it; prints CPU and memory of the whole process.
 *
 *   kube_client URL CA TOKEN
 */
#include "kube.pb-c.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ARENA ((size_t)4 << 20)

struct span {
    const uint8_t *at;
    size_t length;
};

struct page {
    uint8_t *data;
    size_t length, room;
};

struct kept {
    char *name;
    uint64_t place[2]; /* what else is known of it */
    int ready;
};

struct arena {
    uint8_t *base;
    size_t used;
};

static struct kept *kept;
static size_t kept_count, kept_room;

static _Noreturn void give_up(const char *why)
{
    (void)fprintf(stderr, "kube_client: %s\n", why);
    exit(2);
}

static size_t take(char *data, size_t size, size_t count, void *arg)
{
    struct page *page = arg;
    size_t length = size * count;
    if (page->length + length > page->room) {
        page->room = (page->length + length) * 2;
        page->data = realloc(page->data, page->room);
        if (page->data == NULL) {
            give_up("no memory");
        }
    }
    memcpy(page->data + page->length, data, length);
    page->length += length;
    return length;
}

static void *arena_alloc(void *arg, size_t size)
{
    struct arena *arena = arg;
    size = (size + 15) & ~(size_t)15;
    if (size > ARENA - arena->used) {
        return NULL;
    }
    arena->used += size;
    return arena->base + arena->used - size;
}

static void arena_free(void *arg, void *pointer)
{
    (void)arg;
    (void)pointer;
}

/* Of `from`, cuts the next field off; a number's value is passed over. -1: nothing is left. */
static int next_field(struct span *from, uint32_t *number, struct span *value)
{
    uint64_t words[2] = {0, 0};
    size_t at = 0;
    for (int i = 0; i < 2; i++) {
        int shift = 0;
        uint8_t byte = 0x80;
        while (byte >= 0x80) {
            if (at == from->length || shift > 63) {
                return -1;
            }
            byte = from->at[at++];
            words[i] |= (uint64_t)(byte & 0x7F) << shift;
            shift += 7;
        }
    }
    *number = (uint32_t)(words[0] >> 3);
    size_t length = (words[0] & 7) == 2 ? (size_t)words[1] : 0;
    if (length > from->length - at) {
        return -1;
    }
    *value = (struct span){from->at + at, length};
    from->at += at + length;
    from->length -= at + length;
    return 0;
}

static void keep(const Kube__ObjectMeta *meta, int ready)
{
    if (kept_count == kept_room) {
        kept_room = kept_room == 0 ? 1024 : kept_room * 2;
        kept = realloc(kept, kept_room * sizeof(*kept));
    }
    if (kept == NULL || meta == NULL || meta->name == NULL) {
        give_up("an object without a name");
    }
    kept[kept_count++] = (struct kept){.name = strdup(meta->name), .ready = ready};
}

static int is_text(struct span value, const char *text)
{
    return value.length == strlen(text) && memcmp(value.at, text, value.length) == 0;
}

static int is_ready(struct span condition)
{
    struct span value;
    uint32_t number;
    int type = 0, status = 0;
    while (next_field(&condition, &number, &value) == 0) {
        type |= number == 1 && is_text(value, "Ready");
        status |= number == 2 && is_text(value, "True");
    }
    return type && status;
}

static void take_pod(struct span item, ProtobufCAllocator *allocator)
{
    Kube__Pod *pod = kube__pod__unpack(allocator, item.length, item.at);
    int ready = 0;
    if (pod == NULL) {
        give_up("a pod cannot be read");
    }
    for (size_t i = 0; pod->status != NULL && i < pod->status->n_conditions; i++) {
        const ProtobufCBinaryData *condition = &pod->status->conditions[i];
        ready |= is_ready((struct span){condition->data, condition->len});
    }
    keep(pod->metadata, ready);
}

static void take_deployment(struct span item, ProtobufCAllocator *allocator)
{
    Kube__Deployment *one = kube__deployment__unpack(allocator, item.length, item.at);
    if (one == NULL) {
        give_up("a Deployment cannot be read");
    }
    keep(one->metadata, one->status != NULL);
}

static void take_replicaset(struct span item, ProtobufCAllocator *allocator)
{
    Kube__ReplicaSet *one = kube__replica_set__unpack(allocator, item.length, item.at);
    if (one == NULL) {
        give_up("a ReplicaSet cannot be read");
    }
    keep(one->metadata, one->status != NULL);
}

/* The page's objects; token: of the next page, "" none. */
static void read_page(const struct page *page, void (*one)(struct span, ProtobufCAllocator *),
                      ProtobufCAllocator *allocator, char *token, size_t size)
{
    struct span envelope = {page->data + 4, page->length - 4}, list = {NULL, 0}, value;
    uint32_t number;
    if (page->length < 4 || memcmp(page->data, "k8s", 4) != 0) {
        give_up("no protobuf came");
    }
    while (next_field(&envelope, &number, &value) == 0) {
        list = number == 2 ? value : list;
    }
    token[0] = '\0';
    while (next_field(&list, &number, &value) == 0) {
        ((struct arena *)allocator->allocator_data)->used = 0;
        if (number == 2) {
            one(value, allocator);
        } else if (number == 1) {
            struct span meta = value;
            while (next_field(&meta, &number, &value) == 0) {
                if (number == 3 && value.length < size) {
                    memcpy(token, value.at, value.length);
                    token[value.length] = '\0';
                } else if (number == 4) {
                    break; /* a number, and the last that is of interest */
                }
            }
        }
    }
}

static void sync_all(CURL *curl, const char *url, const char *path,
                     void (*one)(struct span, ProtobufCAllocator *), ProtobufCAllocator *allocator)
{
    char token[1024] = "", target[2048];
    struct page page = {NULL, 0, 0};
    long status = 0;
    do {
        page.length = 0;
        (void)snprintf(target, sizeof(target), "%s%s?limit=500%s%s", url, path,
                       *token == '\0' ? "" : "&continue=", token);
        (void)curl_easy_setopt(curl, CURLOPT_URL, target);
        (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &page);
        if (curl_easy_perform(curl) != CURLE_OK ||
            curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200) {
            give_up("a list was refused");
        }
        read_page(&page, one, allocator, token, sizeof(token));
    } while (*token != '\0');
    free(page.data);
}

static double resident_mib(const char *key)
{
    char line[256];
    double found = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            found = strtod(line + strlen(key) + 1, NULL) / 1024;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return found;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        give_up("usage: kube_client URL CA TOKEN");
    }
    struct arena arena = {malloc(ARENA), 0};
    ProtobufCAllocator allocator = {arena_alloc, arena_free, &arena};
    CURL *curl = curl_easy_init();
    char bearer[4096];
    (void)snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s", argv[3]);
    struct curl_slist *headers =
        curl_slist_append(NULL, "Accept: application/vnd.kubernetes.protobuf");
    headers = curl_slist_append(headers, bearer);
    if (curl == NULL || headers == NULL || arena.base == NULL) {
        give_up("no memory");
    }
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);

    sync_all(curl, argv[1], "/apis/apps/v1/deployments", take_deployment, &allocator);
    sync_all(curl, argv[1], "/apis/apps/v1/replicasets", take_replicaset, &allocator);
    sync_all(curl, argv[1], "/api/v1/pods", take_pod, &allocator);

    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        give_up("no rusage");
    }
    double user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    double system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
    (void)printf("objects=%zu cpu_ms=%.1f peak_mib=%.1f steady_mib=%.1f\n", kept_count,
                 (user + system) * 1000, resident_mib("VmHWM:"), resident_mib("VmRSS:"));
    return 0;
}
