/* SPDX-License-Identifier: Apache-2.0 */
/* What all messages share: metadata, times, conditions of their shapes, amounts. See proto.h. */
#include "proto.h"

#include <kube.pb-c.h>

#include <string.h>

#define SECOND INT64_C(1000000000)

static int64_t seconds_of(struct cvg_kube_draft *draft, struct cvg_kube_bytes time)
{
    struct cvg_kube_wire_field seconds;
    if (time.length == 0) {
        return 0;
    }
    /* Seconds are all that JSON has, so they are all that counts. */
    int found = cvg_kube_wire_find(time, 1, CVG_KUBE_VARINT, &seconds);
    if (found < 0) {
        cvg_kube_draft_refuse(draft, "a time is damaged");
    }
    /* Before 1970, as two's complement, is beyond that too. */
    return found <= 0 || seconds.value > INT64_MAX / SECOND ? 0 : (int64_t)seconds.value * SECOND;
}

int64_t cvg_kube_proto_time(struct cvg_kube_draft *draft, const ProtobufCBinaryData *time)
{
    return time == NULL ? 0 : seconds_of(draft, (struct cvg_kube_bytes){time->data, time->len});
}

const char *cvg_kube_proto_bytes(struct cvg_kube_draft *draft, struct cvg_kube_bytes bytes)
{
    if (bytes.length == 0) {
        return "";
    }
    return cvg_kube_draft_text(
        draft, cvg_kit_arena_text(draft->arena, (const char *)bytes.at, bytes.length));
}

/* The key and the value of a map's entry. */
static void read_pair(struct cvg_kube_draft *draft, const ProtobufCBinaryData *entry,
                      struct cvg_pair *ret)
{
    struct cvg_kube_bytes texts[2] = {{0}};
    struct cvg_kube_wire wire;
    struct cvg_kube_wire_field field;
    int more = 0;
    cvg_kube_wire_begin(&wire, (struct cvg_kube_bytes){entry->data, entry->len});
    while ((more = cvg_kube_wire_next(&wire, &field)) > 0) {
        if (field.type == CVG_KUBE_BYTES && field.number <= 2) {
            texts[field.number - 1] = field.bytes;
        }
    }
    if (more < 0) {
        cvg_kube_draft_refuse(draft, "a label or annotation is damaged");
    }
    ret->name = cvg_kube_proto_bytes(draft, texts[0]);
    ret->value = cvg_kube_proto_bytes(draft, texts[1]);
}

static const struct cvg_pair *pairs_of(struct cvg_kube_draft *draft,
                                       const ProtobufCBinaryData *entries, size_t count,
                                       size_t *ret_count)
{
    struct cvg_pair *pairs = cvg_kube_draft_array(draft, count, sizeof(*pairs), ret_count);
    for (size_t i = 0; i < *ret_count; i++) {
        read_pair(draft, &entries[i], &pairs[i]);
    }
    return pairs;
}

static void fill_meta(struct cvg_kube_draft *draft, const Kube__ObjectMeta *meta)
{
    struct cvg_kube_meta *ret = &draft->view->meta;
    ret->name = cvg_kube_draft_text(draft, meta->name);
    ret->namespace = cvg_kube_draft_text(draft, meta->namespace_);
    ret->uid = cvg_kube_draft_text(draft, meta->uid);
    ret->resource_version = cvg_kube_draft_text(draft, meta->resourceversion);
    if (meta->has_generation && meta->generation != 0) {
        ret->generation = cvg_kube_draft_serial(draft, meta->generation);
    }
    ret->created_at = CVG_KUBE_PROTO_TIME(draft, meta, creationtimestamp);
    ret->deleted_at = CVG_KUBE_PROTO_TIME(draft, meta, deletiontimestamp);
    if (ret->deleted_at == 0 && meta->has_deletiontimestamp && meta->deletiontimestamp.len > 0) {
        /* It is being deleted: not a thing to miss. */
        cvg_kube_draft_refuse(draft, "the time of a deletion is none");
    }
    ret->labels = pairs_of(draft, meta->labels, meta->n_labels, &ret->label_count);
    ret->annotations =
        pairs_of(draft, meta->annotations, meta->n_annotations, &ret->annotation_count);
    for (size_t i = 0; i < meta->n_ownerreferences; i++) {
        const Kube__OwnerReference *owner = meta->ownerreferences[i];
        if (owner->controller) {
            ret->owner_kind = cvg_kube_draft_text(draft, owner->kind);
            ret->owner_name = cvg_kube_draft_text(draft, owner->name);
            ret->owner_uid = cvg_kube_draft_text(draft, owner->uid);
        }
    }
}

void cvg_kube_proto_meta(struct cvg_kube_draft *draft, const Kube__ObjectMeta *meta)
{
    static const Kube__ObjectMeta none;
    draft->view->meta = (struct cvg_kube_meta){
        .generation = CVG_KUBE_ABSENT, .owner_kind = "", .owner_name = "", .owner_uid = ""};
    fill_meta(draft, meta == NULL ? &none : meta);
}

void cvg_kube_proto_plain(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    cvg_kube_proto_meta(draft, ((const Kube__Plain *)(const void *)message)->metadata);
}

/* ---- conditions ---- */

/* What four messages have in common, by name; the compiler finds each where it is. */
#define TAKE_OVER(draft, to, from)                                                                 \
    do {                                                                                           \
        (to)->type = cvg_kube_draft_text((draft), (from)->type);                                   \
        (to)->status = cvg_kube_draft_text((draft), (from)->status);                               \
        (to)->reason = cvg_kube_draft_text((draft), (from)->reason);                               \
        (to)->message = cvg_kube_draft_text((draft), (from)->message);                             \
        (to)->changed_at = CVG_KUBE_PROTO_TIME((draft), (from), lasttransitiontime);               \
        (to)->observed_generation = CVG_KUBE_ABSENT;                                               \
    } while (0)

static struct cvg_kube_condition *begin(struct cvg_kube_draft *draft, size_t count)
{
    struct cvg_kube_condition *conditions =
        cvg_kube_draft_array(draft, count, sizeof(*conditions), &draft->view->condition_count);
    draft->view->conditions = conditions;
    return conditions;
}

void cvg_kube_proto_brief(struct cvg_kube_draft *draft, Kube__BriefCondition *const *conditions,
                          size_t count)
{
    struct cvg_kube_condition *to = begin(draft, count);
    for (size_t i = 0; i < draft->view->condition_count; i++) {
        TAKE_OVER(draft, &to[i], conditions[i]);
    }
}

static void read_probed(struct cvg_kube_draft *draft, const ProtobufCBinaryData *from,
                        struct cvg_kube_condition *ret)
{
    struct cvg_kube_bytes fields[8] = {{0}};
    struct cvg_kube_wire wire;
    struct cvg_kube_wire_field field;
    uint64_t generation = 0;
    int more = 0;
    cvg_kube_wire_begin(&wire, (struct cvg_kube_bytes){from->data, from->len});
    while ((more = cvg_kube_wire_next(&wire, &field)) > 0) {
        if (field.type == CVG_KUBE_BYTES && field.number < 8) {
            fields[field.number] = field.bytes;
        } else if (field.type == CVG_KUBE_VARINT && field.number == 7) {
            generation = field.value;
        }
    }
    if (more < 0) {
        cvg_kube_draft_refuse(draft, "a condition is damaged");
    }
    ret->type = cvg_kube_proto_bytes(draft, fields[1]);
    ret->status = cvg_kube_proto_bytes(draft, fields[2]);
    ret->changed_at = seconds_of(draft, fields[4]);
    ret->reason = cvg_kube_proto_bytes(draft, fields[5]);
    ret->message = cvg_kube_proto_bytes(draft, fields[6]);
    ret->observed_generation =
        generation == 0 ? CVG_KUBE_ABSENT : cvg_kube_draft_serial(draft, (int64_t)generation);
}

void cvg_kube_proto_probed(struct cvg_kube_draft *draft, const ProtobufCBinaryData *conditions,
                           size_t count)
{
    struct cvg_kube_condition *to = begin(draft, count);
    for (size_t i = 0; i < draft->view->condition_count; i++) {
        read_probed(draft, &conditions[i], &to[i]);
    }
}

void cvg_kube_proto_updated(struct cvg_kube_draft *draft,
                            Kube__DeploymentCondition *const *conditions, size_t count)
{
    struct cvg_kube_condition *to = begin(draft, count);
    for (size_t i = 0; i < draft->view->condition_count; i++) {
        TAKE_OVER(draft, &to[i], conditions[i]);
        to[i].updated_at = CVG_KUBE_PROTO_TIME(draft, conditions[i], lastupdatetime);
    }
}

void cvg_kube_proto_conditions(struct cvg_kube_draft *draft, Kube__Condition *const *conditions,
                               size_t count)
{
    struct cvg_kube_condition *to = begin(draft, count);
    for (size_t i = 0; i < draft->view->condition_count; i++) {
        TAKE_OVER(draft, &to[i], conditions[i]);
        if (conditions[i]->has_observedgeneration && conditions[i]->observedgeneration != 0) {
            to[i].observed_generation =
                cvg_kube_draft_serial(draft, conditions[i]->observedgeneration);
        }
    }
}

/* ---- amounts ---- */

const char *cvg_kube_proto_quantity(struct cvg_kube_draft *draft, const Kube__Amount *amount)
{
    struct cvg_kube_wire_field text;
    int found = cvg_kube_wire_find((struct cvg_kube_bytes){amount->value.data, amount->value.len},
                                   1, CVG_KUBE_BYTES, &text);
    if (found < 0) {
        cvg_kube_draft_refuse(draft, "a quantity is damaged");
    }
    return found > 0 ? cvg_kube_proto_bytes(draft, text.bytes) : "";
}

void cvg_kube_proto_amounts(struct cvg_kube_draft *draft, Kube__Amount *const *amounts,
                            size_t count, struct cvg_kube_amounts *ret)
{
    for (size_t i = 0; i < count; i++) {
        cvg_kube_draft_amount(draft, ret, cvg_kube_draft_text(draft, amounts[i]->key),
                              cvg_kube_proto_quantity(draft, amounts[i]));
    }
}
