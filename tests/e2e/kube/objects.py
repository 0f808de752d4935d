# SPDX-License-Identifier: Apache-2.0
"""Objects as their controllers write them, for tests to put into the fake API server."""

import hashlib
import time


def stamp(ago=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago))


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def uid(text):
    found = digest(text)
    return "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:32]))


def condition(kind, status, reason=None, message=None, ago=60, **more):
    about = {"type": kind, "status": status, "lastTransitionTime": stamp(ago)}
    if reason is not None:
        about |= {"reason": reason, "message": message or ""}
    return about | more


def owner(kind, name, api_version="apps/v1"):
    return {"apiVersion": api_version, "kind": kind, "name": name, "uid": uid(f"{kind}/{name}"),
            "controller": True, "blockOwnerDeletion": True}


def pod(name, namespace="shop", owned_by=None, labels=None, image="registry.test/api:1", ready=True,
        waiting=None, phase=None, node="node-a", requests=None, unschedulable=None, restarts=0,
        ago=60, annotations=None):
    """waiting: (reason, message) of the container; unschedulable: the scheduler's words."""
    started = ready or restarts
    state = {"running": {"startedAt": stamp(ago)}} if ready else {
        "waiting": dict(zip(("reason", "message"), waiting or ("ContainerCreating", "")))}
    container = {
        "name": "main", "image": image, "ports": [
            {"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "REGION", "value": "eu-west-1"}],
        "resources": {"requests": requests or {"cpu": "100m", "memory": "128Mi"}},
        "volumeMounts": [{"name": "kube-api-access", "readOnly": True,
                          "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent"}
    status = {
        "name": "main", "state": state, "lastState": {}, "ready": ready, "restartCount": restarts,
        "image": image, "imageID": f"registry.test/api@sha256:{digest(image)}" if started else "",
        "started": ready}
    if started:
        status["containerID"] = f"containerd://{digest(name)}"
    if restarts and not ready:
        status["lastState"] = {"terminated": {
            "exitCode": 1, "reason": "Error", "startedAt": stamp(ago), 
            "finishedAt": stamp(ago - 1), "containerID": f"containerd://{digest(name)}"}}
    word = "True" if ready else "False"
    why = () if ready else ("ContainersNotReady", "containers with unready status: [main]")
    conditions = [condition("Initialized", "True", ago=ago),
                  condition("Ready", word, *why, ago=ago),
                  condition("ContainersReady", word, *why, ago=ago),
                  condition("PodScheduled", "True", ago=ago)]
    about = {"phase": phase or ("Running" if ready or restarts else "Pending"),
             "conditions": conditions, "hostIP": "10.0.0.7", "podIP": "10.1.2.3",
             "podIPs": [{"ip": "10.1.2.3"}], "startTime": stamp(ago),
             "containerStatuses": [status], "qosClass": "Burstable"}
    spec = {"volumes": [], "containers": [container], "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default", "serviceAccount": "default", "nodeName": node,
            "schedulerName": "default-scheduler", "priority": 0, "enableServiceLinks": True,
            "tolerations": [{"key": f"node.kubernetes.io/{what}", "operator": "Exists",
                             "effect": "NoExecute", "tolerationSeconds": 300}
                            for what in ("not-ready", "unreachable")]}
    if unschedulable:
        del spec["nodeName"]
        about = {"phase": "Pending", "qosClass": "Burstable", "conditions": [
            condition("PodScheduled", "False", "Unschedulable", unschedulable, ago=ago)]}
    metadata = {"name": name, "namespace": namespace, "uid": uid(f"{namespace}/pod/{name}"),
                "creationTimestamp": stamp(ago), "labels": labels or {"app": "api"},
                "managedFields": [managed("kube-controller-manager"), managed("kubelet")]}
    if annotations:
        metadata["annotations"] = annotations
    if owned_by:
        metadata["ownerReferences"] = [owned_by]
    return {"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": spec, "status": about}


def managed(who):
    fields = {f"f:{name}": {} for name in ("containers", "dnsPolicy", "enableServiceLinks",
                                           "restartPolicy", "schedulerName", "phase", "podIP",
                                           "startTime", "hostIP", "conditions")}
    return {"manager": who, "operation": "Update", "apiVersion": "v1", "time": stamp(60),
            "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": fields}}


def node(name, ready=True, cordoned=False, cpu="4", memory="16Gi", pods="110", ago=3600, **more):
    conditions = [condition("MemoryPressure", more.get("memory_pressure", "False"),
                            "KubeletHasSufficientMemory", ago=ago,
                            lastHeartbeatTime=stamp()),
                  condition("Ready", {True: "True", False: "False"}.get(ready, "Unknown"),
                            "KubeletReady" if ready else "KubeletNotReady", ago=ago,
                            lastHeartbeatTime=stamp())]
    size = {"cpu": cpu, "memory": memory, "pods": pods}
    spec = {"podCIDR": "10.1.0.0/24"}
    if cordoned:
        spec |= {"unschedulable": True, "taints": [
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}]}
    return {"kind": "Node", "apiVersion": "v1",
            "metadata": {"name": name, "uid": uid(f"node/{name}"), "creationTimestamp": stamp(ago),
                         "labels": {"kubernetes.io/hostname": name} | more.get("labels", {})},
            "spec": spec, "status": {"capacity": size, "allocatable": size,
                                     "conditions": conditions,
                                     "nodeInfo": {"kubeletVersion": "v1.26.4"}}}


class App:
    """A Deployment with its ReplicaSets and pods; each method is a moment of a rollout, told to the
    cluster in the order in which controllers write."""

    def __init__(self, cluster, name="api", namespace="shop", replicas=3,
                 image="registry.test/api:1", labels=None):
        self.cluster, self.name, self.namespace = cluster, name, namespace
        self.replicas, self.image = replicas, image
        self.labels = {"app": name} | (labels or {})
        self.generation = self.observed = self.revision = 1
        self.made = {}  # revision: (image, pods by name)
        self.of_pods = {}  # what all its pods are made with

    # ---- documents ----

    def hash(self, revision):
        return digest(f"{self.name}{revision}")[:9]

    def set_name(self, revision):
        return f"{self.name}-{self.hash(revision)}"

    def template(self, image, more=None):
        return {"metadata": {"creationTimestamp": None, "labels": self.labels | (more or {})},
                "spec": {"containers": [{"name": "main", "image": image}],
                         "restartPolicy": "Always"}}

    def about(self, kind, name, revision, **more):
        return {"name": name, "namespace": self.namespace, "uid": uid(f"{kind}/{name}"),
                "generation": self.generation, "labels": self.labels,
                "creationTimestamp": stamp(600),
                "annotations": {"deployment.kubernetes.io/revision": str(revision)}} | more

    def deployment(self, total, updated, ready, available, conditions, **spec):
        counts = {"replicas": total, "updatedReplicas": updated, "readyReplicas": ready,
                  "availableReplicas": available,
                  "unavailableReplicas": max(0, total - available)}
        return {"kind": "Deployment", "apiVersion": "apps/v1",
                "metadata": self.about("Deployment", self.name, self.revision),
                "spec": {"replicas": self.replicas, "selector": {"matchLabels": self.labels},
                         "template": self.template(self.image),
                         "strategy": {"type": "RollingUpdate", "rollingUpdate": {
                             "maxUnavailable": "25%", "maxSurge": "25%"}},
                         "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600} | spec,
                "status": {"observedGeneration": self.observed}
                | {key: value for key, value in counts.items() if value}
                | {"conditions": conditions}}

    def replicaset(self, revision, replicas, ready):
        image, _ = self.made[revision]
        name, more = self.set_name(revision), {"pod-template-hash": self.hash(revision)}
        about = self.about("ReplicaSet", name, revision, generation=1,
                           labels=self.labels | more,
                           ownerReferences=[owner("Deployment", self.name)])
        counts = {"replicas": replicas, "fullyLabeledReplicas": replicas, "readyReplicas": ready,
                  "availableReplicas": ready, "observedGeneration": 1}
        return {"kind": "ReplicaSet", "apiVersion": "apps/v1", "metadata": about,
                "spec": {"replicas": replicas, "selector": {"matchLabels": self.labels | more},
                         "template": self.template(image, more)},
                "status": {key: value for key, value in counts.items()
                           if value or key == "replicas"}}

    # ---- moments ----

    def put_set(self, revision, image, count, **of_pods):
        """The ReplicaSet of that revision with so many pods, all alike."""
        of_pods = self.of_pods | of_pods
        _, pods = self.made.setdefault(revision, (image, set()))
        wanted = {f"{self.set_name(revision)}-{i:05d}" for i in range(count)}
        documents = [self.replicaset(revision, count, count if of_pods.get("ready", True) else 0)]
        documents += [
            pod(name, self.namespace, owner("ReplicaSet", self.set_name(revision)),
                self.labels | {"pod-template-hash": self.hash(revision)}, image, **of_pods)
            for name in sorted(wanted)]
        self.cluster.put_all(documents)
        for name in pods - wanted:
            self.cluster.delete("pods", self.namespace, name)
        pods.clear()
        pods.update(wanted)

    def settle(self):
        """The newest revision is rolled out whole."""
        self.observed = self.generation
        for revision in list(self.made):
            if revision != self.revision:
                self.put_set(revision, self.made[revision][0], 0)
        self.put_set(self.revision, self.image, self.replicas)
        count = self.replicas
        self.cluster.put(self.deployment(count, count, count, count, [
            condition("Available", "True", "MinimumReplicasAvailable", lastUpdateTime=stamp(60)),
            condition("Progressing", "True", "NewReplicaSetAvailable",
                      lastUpdateTime=stamp(60))]))
        return self

    def going(self, reason="ReplicaSetUpdated"):
        return [condition("Available", "True", "MinimumReplicasAvailable",
                          lastUpdateTime=stamp(60)),
                condition("Progressing", "True", reason, lastUpdateTime=stamp(0))]

    def change(self, image=None, replicas=None):
        """Somebody wrote a new spec; no controller has looked yet."""
        before = self.replicas
        self.image, self.replicas = image or self.image, replicas or self.replicas
        self.generation += 1
        self.cluster.put(self.deployment(before, before, before, before,
                                         self.going("NewReplicaSetAvailable")))

    def begin(self, **of_pods):
        """The controller has made the new ReplicaSet, and a pod of it; the old ones still serve."""
        self.observed, self.revision = self.generation, self.revision + 1
        self.put_set(self.revision, self.image, 1, **({"ready": False, "ago": 1} | of_pods))
        count = self.replicas
        self.cluster.put(self.deployment(count + 1, 1, count, count, self.going()))

    def scaling(self, ready):
        """The controller has seen the new number; so many are ready."""
        self.observed = self.generation
        self.cluster.put(self.deployment(self.replicas, self.replicas, ready, ready,
                                         self.going("NewReplicaSetAvailable")))

    def deadline(self):
        """The controller gave up waiting."""
        count = self.replicas
        self.cluster.put(self.deployment(count + 1, 1, count, count, [
            condition("Available", "True", "MinimumReplicasAvailable", lastUpdateTime=stamp(60)),
            condition("Progressing", "False", "ProgressDeadlineExceeded",
                      f'ReplicaSet "{self.set_name(self.revision)}" has timed out progressing.',
                      lastUpdateTime=stamp(0))]))

    def delete(self):
        self.cluster.delete("deployments.apps", self.namespace, self.name)


def custom(api_version, kind, name, namespace="shop", spec=None, status=None, generation=1):
    document = {"kind": kind, "apiVersion": api_version, "metadata": {
        "name": name, "namespace": namespace, "generation": generation,
        "uid": uid(f"{kind}/{name}")}, "spec": spec or {}}
    return document | ({"status": status} if status is not None else {})


def release(name, revision, status, namespace="shop"):
    """The Secret that Helm keeps of a release; the data is what nobody should read."""
    return {"kind": "Secret", "apiVersion": "v1", "type": "helm.sh/release.v1",
            "metadata": {"name": f"sh.helm.release.v1.{name}.v{revision}", "namespace": namespace,
                         "labels": {"owner": "helm", "name": name, "status": status,
                                    "version": str(revision), "modifiedAt": str(int(time.time()))}},
            "data": {"release": "U0VDUkVULVJFTEVBU0U="}}
