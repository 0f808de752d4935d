/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do. The table is the only
 * place that knows them; besides them a failed object is told by its own condition's reason (a
 * controller's word, as HealthCheckFailed of Flux). A code that was released is never renamed.
 * Constant data; any thread.
 */
#ifndef CVG_KUBE_REASON_H
#define CVG_KUBE_REASON_H

/* X(constant, code, meaning, action); in the order of the docs: objects, pods, checks, presets,
 * connection. */
#define CVG_KUBE_REASONS(X)                                                                        \
    X(READY, "Ready", "It is in order by the rule of its kind.", "Nothing.")                       \
    X(ROLLED_OUT, "RolledOut",                                                                     \
      "The newest revision is rolled out: all its pods are there, ready and available, and no "    \
      "older ones are left.",                                                                      \
      "Nothing.")                                                                                  \
    X(COMPLETE, "Complete", "It ran to its end and succeeded.", "Nothing.")                        \
    X(SCALED_TO_ZERO, "ScaledToZero", "No replica is wanted, and none is there.",                  \
      "Nothing, or say with at_least or another check how many there must be.")                    \
    X(ALL_READY, "AllReady", "As many objects as the check asks for are ready.", "Nothing.")       \
    X(EMPTY, "Empty", "Nothing matches, and allow_empty says that this is in order.", "Nothing.")  \
    X(TERMINATING, "Terminating", "The object is being deleted.",                                  \
      "Wait; where it stays, look at its finalizers.")                                             \
    X(GENERATION_BEHIND, "GenerationBehind",                                                       \
      "The controller has not looked at the newest version of the object yet.",                    \
      "Wait; where it stays, look whether the controller runs.")                                   \
    X(RECONCILING, "Reconciling", "The controller says that it is still at work.", "Wait.")        \
    X(STALLED, "Stalled", "The controller gave up until somebody changes something.",              \
      "Look at the object's conditions; the message has the controller's words.")                  \
    X(SUSPENDED, "Suspended", "The object is paused or suspended, so nothing will happen.",        \
      "Resume it, or set paused_ready where that is meant and nothing is missing.")                \
    X(PROGRESSING, "Progressing", "It is on its way.", "Wait.")                                    \
    X(REPLICAS_STARTING, "ReplicasStarting", "Not all replicas have been made yet.", "Wait.")      \
    X(REPLICAS_UPDATING, "ReplicasUpdating", "Not all replicas are of the newest revision.",       \
      "Wait.")                                                                                     \
    X(REPLICAS_UNREADY, "ReplicasUnready", "Not all replicas are ready.",                          \
      "Wait; where it stays, look at the pods that the message names.")                            \
    X(REPLICAS_UNAVAILABLE, "ReplicasUnavailable",                                                 \
      "Not all replicas have been ready for minReadySeconds.", "Wait.")                            \
    X(OLD_REPLICAS_LEFT, "OldReplicasLeft", "Replicas of an older revision are still there.",      \
      "Wait; where they stay, look at their finalizers and grace periods.")                        \
    X(UPDATE_BY_HAND, "UpdateByHand",                                                              \
      "The update strategy is OnDelete, and pods of an older revision wait to be deleted.",        \
      "Delete the old pods when it suits.")                                                        \
    X(PROGRESS_DEADLINE_EXCEEDED, "ProgressDeadlineExceeded",                                      \
      "The rollout has made no progress for longer than its progressDeadlineSeconds.",             \
      "Look at the pods of the newest revision; undo the rollout, or mend it.")                    \
    X(REPLICA_FAILURE, "ReplicaFailure",                                                           \
      "Pods cannot be made: a quota, an admission rule or the pod security forbids them.",         \
      "The message has the server's words.")                                                       \
    X(MISSCHEDULED, "Misscheduled",                                                                \
      "The DaemonSet runs where it should not, and there is no node where it should.",             \
      "Look at its node selector and tolerations.")                                                \
    X(JOB_FAILED, "JobFailed", "The job failed and will not be tried again.",                      \
      "Look at the logs of its pods.")                                                             \
    X(JOB_RUNNING, "JobRunning", "The job has not ended yet.", "Wait.")                            \
    X(JOB_WAITING, "JobWaiting", "The job has not been started yet.",                              \
      "Wait; where it stays, look at the job controller.")                                         \
    X(LAST_RUN_FAILED, "LastRunFailed", "The latest run of the CronJob did not succeed.",          \
      "Look at its latest job.")                                                                   \
    X(NEVER_SUCCEEDED, "NeverSucceeded",                                                           \
      "The CronJob ran, and no run of it is known to have succeeded.", "Look at its latest job.")  \
    X(POD_PENDING, "PodPending", "The pod has not been started yet.", "Wait.")                     \
    X(POD_NOT_READY, "PodNotReady", "The pod runs and is not ready.",                              \
      "Look at its readiness probe.")                                                              \
    X(POD_FAILED, "PodFailed", "The pod ended and did not succeed.", "Look at its logs.")          \
    X(EVICTED, "Evicted", "The node put the pod out.", "Look at the node's resources.")            \
    X(UNSCHEDULABLE, "Unschedulable", "No node takes the pod, for longer than the dwell.",         \
      "Look at what it asks for: cpu, memory, node selectors, taints, volumes.")                   \
    X(SCHEDULING_GATED, "SchedulingGated", "A scheduling gate holds the pod.",                     \
      "Wait for whoever set the gate.")                                                            \
    X(CRASH_LOOP, "CrashLoopBackOff", "A container starts and dies again and again.",              \
      "Look at the logs of its previous run.")                                                     \
    X(IMAGE_PULL, "ImagePullBackOff", "An image cannot be pulled.",                                \
      "Look at the image's name and tag, the registry and the pull secret.")                       \
    X(IMAGE_ERROR, "ErrImagePull", "An image could not be pulled and is tried again.",             \
      "Look at the image's name and tag, the registry and the pull secret.")                       \
    X(IMAGE_NAME, "InvalidImageName", "The name of an image is none.", "Mend the image's name.")   \
    X(IMAGE_NEVER, "ErrImageNeverPull",                                                            \
      "The image is not on the node, and imagePullPolicy Never forbids to get it.",                \
      "Change the policy, or bring the image to the node.")                                        \
    X(IMAGE_REGISTRY, "RegistryUnavailable", "The registry of an image does not answer.",          \
      "Look at the registry.")                                                                     \
    X(IMAGE_SIGNATURE, "SignatureValidationFailed", "The signature of an image is not accepted.",  \
      "Look who signed it.")                                                                       \
    X(CONTAINER_CONFIG, "CreateContainerConfigError",                                              \
      "A container lacks something that its configuration names: a Secret, a ConfigMap, a key.",   \
      "Make what the message names.")                                                              \
    X(CONTAINER_CREATE, "CreateContainerError", "A container cannot be made.",                     \
      "The message has the kubelet's words.")                                                      \
    X(CONTAINER_RUN, "RunContainerError", "A container cannot be started.",                        \
      "Look at its command and its mounts.")                                                       \
    X(POST_START, "PostStartHookError", "The postStart hook of a container fails.",                \
      "Look at the hook.")                                                                         \
    X(NODE_NOT_READY, "NodeNotReady", "The node says that it is not ready.",                       \
      "Look at the node's conditions and its kubelet.")                                            \
    X(NODE_UNKNOWN, "NodeStatusUnknown", "The node's heartbeats have stopped.",                    \
      "Look whether the machine runs and reaches the API server.")                                 \
    X(NODE_PRESSURE, "NodePressure", "The node is short of memory, disk or process numbers.",      \
      "Look at the node's resources.")                                                             \
    X(NODE_CORDONED, "NodeCordoned", "The node takes no new pods: cordoned, drained or tainted.",  \
      "Uncordon it when the work is done.")                                                        \
    X(CLAIM_PENDING, "ClaimPending", "The claim is not bound to a volume.",                        \
      "Look at its storage class and provisioner.")                                                \
    X(CLAIM_LOST, "ClaimLost", "The claim's volume is gone.", "Restore the volume.")               \
    X(CLAIM_RESIZE, "ClaimResizeFailed", "The claim's volume cannot be resized.",                  \
      "Look at the provisioner; the message has its words.")                                       \
    X(VOLUME_RELEASED, "VolumeReleased", "The volume's claim is gone, and nobody reclaims it.",    \
      "Delete or reuse the volume.")                                                               \
    X(VOLUME_FAILED, "VolumeFailed", "The volume could not be reclaimed.",                         \
      "Look at the provisioner.")                                                                  \
    X(NO_ADDRESS, "NoAddress", "No load balancer has given it an address yet.",                    \
      "Wait; where it stays, look at the load balancer's controller.")                             \
    X(LOAD_BALANCER, "LoadBalancerPortsError", "The load balancer cannot serve a port.",           \
      "Look at the service's ports.")                                                              \
    X(NO_ENDPOINTS, "NoEndpoints", "No ready address stands behind the service.",                  \
      "Look at the pods that it selects.")                                                         \
    X(BUDGET_SHORT, "BudgetShort", "Fewer pods are healthy than the disruption budget wants.",     \
      "Look at the pods that it selects.")                                                         \
    X(BUDGET_SYNC, "BudgetSyncFailed", "The disruption budget cannot be computed.",                \
      "Look at its selector; the message has the controller's words.")                             \
    X(AUTOSCALER_BLIND, "AutoscalerBlind", "The autoscaler gets no metrics.",                      \
      "Look at the metrics server or adapter.")                                                    \
    X(AUTOSCALER_SATURATED, "AutoscalerSaturated",                                                 \
      "The autoscaler wants more replicas than it may have.",                                      \
      "Raise its maximum, or look why the load is so high.")                                       \
    X(AUTOSCALER_STUCK, "AutoscalerStuck", "The autoscaler cannot scale its target.",              \
      "Look at its target; the message has the controller's words.")                               \
    X(QUOTA_EXHAUSTED, "QuotaExhausted", "A quota is used up.", "Raise it, or free something.")    \
    X(QUOTA_TIGHT, "QuotaTight", "A quota is nearly used up.", "Raise it, or free something.")     \
    X(NAMES_NOT_ACCEPTED, "NamesNotAccepted", "The names of the definition collide with others.",  \
      "Look which definition has them already.")                                                   \
    X(NOT_ESTABLISHED, "NotEstablished", "The definition is not served yet.", "Wait.")             \
    X(NOT_AVAILABLE, "NotAvailable", "What serves this API does not answer.",                      \
      "Look at the service behind it.")                                                            \
    X(WEBHOOK_DOWN, "WebhookDown",                                                                 \
      "An admission webhook that fails closed has no ready endpoint, so that what it is asked "    \
      "about cannot be created or changed.",                                                       \
      "Look at the pods behind its service.")                                                      \
    X(WEBHOOK_NO_CA, "WebhookWithoutCA",                                                           \
      "An admission webhook that fails closed has no CA bundle.", "Look at what injects it.")      \
    X(NOT_READY, "NotReady", "The object says itself that it is not ready.",                       \
      "The message has the controller's words.")                                                   \
    X(NOT_READY_TOO_LONG, "NotReadyTooLong",                                                       \
      "The object has said that it is not ready for longer than dwells.not_ready.",                \
      "The message has the controller's words.")                                                   \
    X(NO_STATUS, "NoStatus", "No controller has written a status, so nothing can be told.",        \
      "Look whether the object's controller is installed and runs.")                               \
    X(NO_CONDITIONS, "NoConditions", "Its status has nothing that says whether it is ready.",      \
      "Say with fields what its being ready looks like.")                                          \
    X(REVISION_BEHIND, "RevisionBehind",                                                           \
      "What is ready is an older revision; the newest was made or tried and is not there yet.",    \
      "Wait; where it stays, look why the newest one does not come.")                              \
    X(OPERATION_RUNNING, "OperationRunning",                                                       \
      "A sync of the application is running or was asked for.", "Wait.")                           \
    X(OPERATION_FAILED, "OperationFailed", "The last sync of the application failed.",             \
      "The message has the controller's words; mend it and sync again.")                           \
    X(OUT_OF_SYNC, "OutOfSync",                                                                    \
      "What runs differs from what the source says, or was not compared with it.",                 \
      "Sync it, or look why it is not synced by itself.")                                          \
    X(HEALTH_OUTDATED, "HealthOutdated",                                                           \
      "The health was seen before the last sync ended, or of another source than the one asked "   \
      "for.",                                                                                      \
      "Wait; where it stays, look whether the application controller runs.")                       \
    X(HEALTH_DEGRADED, "HealthDegraded", "The controller says that what it manages is degraded.",  \
      "The message has the controller's words.")                                                   \
    X(ROLLOUT_ABORTED, "RolloutAborted",                                                           \
      "The rollout was aborted, by a person or by an analysis.",                                   \
      "Retry it, or roll the old revision out again.")                                             \
    X(NOT_PROMOTED, "NotPromoted", "The newest revision is not the stable one yet.",               \
      "Wait; where it stays, look at the steps of the rollout.")                                   \
    X(ANALYSIS_FAILED, "AnalysisFailed", "An analysis found errors.", "Look at its results.")      \
    X(CANARY_FAILED, "CanaryFailed", "The canary's checks failed, and it was rolled back.",        \
      "Look at the canary's events and metrics.")                                                  \
    X(WAITS_FOR_APPROVAL, "WaitsForApproval", "A confirmation from outside is waited for.",        \
      "Give it, or look at the hook that is asked.")                                               \
    X(CERTIFICATE_EXPIRING, "CertificateExpiring",                                                 \
      "The certificate ends within dwells.certificate.", "Look why it is not renewed.")            \
    X(RENEWAL_FAILING, "RenewalFailing",                                                           \
      "The certificate should have been issued or renewed long since, and attempts fail.",         \
      "Look at its CertificateRequest and issuer.")                                                \
    X(MACHINE_FAILED, "MachineFailed", "The machine or cluster failed for good.",                  \
      "The message has the controller's words; replace it.")                                       \
    X(NOT_ATTACHED, "NotAttached",                                                                 \
      "A parent that the route names has not answered, so nothing is routed there.",               \
      "Look at the parent's name and namespace, and whether its controller runs.")                 \
    X(RELEASE_DEPLOYED, "ReleaseDeployed", "The newest revision of the Helm release is deployed.", \
      "Nothing.")                                                                                  \
    X(RELEASE_PENDING, "ReleasePending", "Helm is at work on the release.", "Wait.")               \
    X(RELEASE_STUCK, "ReleaseStuck",                                                               \
      "The Helm release has been pending for longer than dwells.not_ready: whoever worked on it "  \
      "is gone.",                                                                                  \
      "Roll it back to the last deployed revision.")                                               \
    X(RELEASE_FAILED, "ReleaseFailed",                                                             \
      "The last install, upgrade or rollback of the Helm release failed.",                         \
      "Look at helm status, and upgrade or roll back.")                                            \
    X(RELEASE_UNINSTALLED, "ReleaseUninstalled",                                                   \
      "The Helm release was uninstalled and only its history is left.",                            \
      "Install it, or take it out of the check.")                                                  \
    X(RELEASE_SUPERSEDED, "ReleaseSuperseded",                                                     \
      "The newest revision of the Helm release that there is was superseded by one that is not.",  \
      "Look at helm history: somebody deleted a revision.")                                        \
    X(RELEASE_UNCLEAR, "ReleaseUnclear",                                                           \
      "The labels of the Helm release do not say what its status is.",                             \
      "Look at helm status and at the labels of the release's secrets.")                           \
    X(FIELD_MISMATCH, "FieldMismatch", "A field is not what `fields` asks for.",                   \
      "The message names the field and both values.")                                              \
    X(EMPTY_MATCH, "EmptyMatch", "Nothing matches: no such object, or a selector that fits none.", \
      "Look at kind, namespace, name and selector; allow_empty where none is in order.")           \
    X(NOT_FOUND, "NotFound", "The object that `name` names is not there.",                         \
      "Make it, or look at name and namespace.")                                                   \
    X(TOO_FEW, "TooFew", "There are fewer objects than at_least asks for.",                        \
      "Make more of them, or ask for less.")                                                       \
    X(IN_ORDER, "InOrder", "The preset found nothing that speaks against a rollout.", "Nothing.")  \
    X(CONTROL_PLANE, "ControlPlaneNotReady", "A node of the control plane is not ready.",          \
      "Look at the node; what is rolled out now may not be taken note of.")                        \
    X(ROOM, "Room", "The release fits into what nodes and quotas have left.", "Nothing.")          \
    X(NO_ROOM, "NoRoom", "The release does not fit on the nodes that take pods.",                  \
      "Add nodes, free something, or roll out with fewer replicas or less surge.")                 \
    X(NO_ROOM_QUOTA, "NoRoomInQuota",                                                              \
      "A quota of the namespace leaves too little for the release.",                               \
      "Raise it, or free something.")                                                              \
    X(EVICTIONS, "Evictions", "More pods were evicted or preempted lately than is ordinary.",      \
      "Look whether nodes are drained, or short of something.")                                    \
    X(API_NOT_READY, "ApiServerNotReady", "The API server says that it is not ready.",             \
      "The message has the checks of its own that failed.")                                        \
    X(NOT_SYNCED, "NotSynced", "The first list of what the check reads has not come yet.",         \
      "Wait; where it stays, look at the source's log.")                                           \
    X(FORBIDDEN, "Forbidden", "The credentials are right but may not read this.",                  \
      "Give them the right that the message names.")                                               \
    X(KIND_NOT_FOUND, "KindNotFound", "The cluster has no such kind.",                             \
      "Install its definition, or look at the group and version in `kind`.")                       \
    X(UNAUTHORIZED, "Unauthorized", "The credentials are missing, expired or wrong.",              \
      "Look at the token, the client certificate or the exec plugin.")                             \
    X(CONNECT_FAILED, "ConnectFailed", "No connection to the API server, or it was cut.",          \
      "Look whether the server runs and can be reached.")                                          \
    X(TLS_FAILED, "TlsFailed", "The TLS handshake or a certificate was refused.",                  \
      "Look at certificate-authority, tls-server-name and the certificates' dates.")               \
    X(TIMED_OUT, "TimedOut", "The API server did not answer in time.",                             \
      "Look at the server's load.")                                                                \
    X(THROTTLED, "Throttled", "The API server asked to come back later.",                          \
      "Look at its priority and fairness, and who else asks.")                                     \
    X(SERVER_ERROR, "ServerError", "The API server answered with an error.",                       \
      "Look at its log; the message has what it said.")                                            \
    X(BAD_ANSWER, "BadAnswer", "The answer is not what the Kubernetes API promises.",              \
      "Look whether the address leads to an API server and not to a page or a proxy.")             \
    X(TOO_LARGE, "TooLarge", "An object or a list is larger than is allowed.",                     \
      "Lower `page`, or look what is so large.")                                                   \
    X(TOO_MANY_OBJECTS, "TooManyObjects",                                                          \
      "There are more objects than are kept of one kind, so that what is known is not all.",       \
      "Name namespaces in the check or the source, so that less is read.")                         \
    X(NOT_NAMESPACED, "NotNamespaced",                                                             \
      "The kind has no namespaces, and the check or the source names several, in each of which "   \
      "every object would be counted again.",                                                      \
      "Name one namespace in the check.")                                                          \
    X(CREDENTIALS_FAILED, "CredentialsFailed",                                                     \
      "Credentials could not be got: a file cannot be read, or the exec plugin failed.",           \
      "The message says which, and why.")                                                          \
    X(OBJECT_NOT_READ, "ObjectNotRead", "An object could not be read, and so is not judged.",      \
      "The message says what is wrong with it.")

enum cvg_kube_reason {
#define CVG_KUBE_REASON_ENUM(constant, code, meaning, action) CVG_KUBE_REASON_##constant,
    CVG_KUBE_REASONS(CVG_KUBE_REASON_ENUM)
#undef CVG_KUBE_REASON_ENUM
    CVG_KUBE_REASON_COUNT
};

/* Its text, which lives for ever: the same pointer each time. Short, since every rule says it. */
const char *cvg_kube_reason(enum cvg_kube_reason reason);

#endif
