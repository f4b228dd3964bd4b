/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/metrics.h"

#include "serve/metric_own.h"
#include "serve/metric_status.h"

#define ROW(type, name, help, ...)                                                                 \
    {                                                                                              \
        {name, HS_METRIC_##type, help}, __VA_ARGS__                                                \
    }
#define GAUGE(...)     ROW(GAUGE, __VA_ARGS__)
#define COUNTER(...)   ROW(COUNTER, __VA_ARGS__)
#define HISTOGRAM(...) ROW(HISTOGRAM, __VA_ARGS__)
#define INFO(...)      ROW(INFO, __VA_ARGS__)

/* Where the samples come from: a field of the agent's `status`, as it is or in microseconds; an
 * object of them, with a label for its keys; a field that needs a function of its own; a number of
 * the source; something else; or each member. */
#define FIELD(path)          hs_metric_field, HS_METRIC_AGENT, .field = (path)
#define FIELD_US(path)       FIELD(path), .scale = 1e-6
#define OBJECT(path, key)    hs_metric_object, HS_METRIC_AGENT, .field = (path), .label = (key)
#define FROM(path, function) function, HS_METRIC_AGENT, .field = (path)
#define OWN(number)                                                                                \
    hs_metric_number, HS_METRIC_ALWAYS, .offset = offsetof(struct hs_metrics_source, number)
#define OWN_US(number)     OWN(number), .scale = 1e-6
#define BY(when, function) function, HS_METRIC_##when
#define SAMPLE(function)   NULL, HS_METRIC_AGENT, .sample = (function)

/* A name has no `_total` and no `_info`: hs_exposition_begin adds them. */
const struct hs_metric hs_metric_table[] = {
    /* ---- this program ---- */
    GAUGE("hearsay_up", "Whether the agent answers.", BY(ALWAYS, hs_metric_up)),
    INFO("hearsay_serve", "The release of hearsay-serve.", BY(ALWAYS, hs_metric_serve)),
    GAUGE("hearsay_view_stale_seconds",
          "How old the copy of the view is that is served; 0: current.",
          BY(ALWAYS, hs_metric_stale)),
    COUNTER("process_cpu_seconds", "Total user and system CPU time spent in seconds.",
            OWN_US(process.cpu_us)),
    GAUGE("process_resident_memory_bytes", "Resident memory size in bytes.",
          OWN(process.resident_bytes)),
    GAUGE("process_virtual_memory_bytes", "Virtual memory size in bytes.",
          OWN(process.virtual_bytes)),
    GAUGE("process_open_fds", "Number of open file descriptors.", OWN(process.open_fds)),
    GAUGE("process_max_fds", "Maximum number of open file descriptors.", OWN(process.max_fds)),
    GAUGE("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
          OWN_US(started)),
    COUNTER("hearsay_http_requests", "Requests that were answered.",
            BY(ALWAYS, hs_metric_requests)),
    HISTOGRAM("hearsay_http_request_duration_seconds",
              "How long answers took to make, without streams.", BY(ALWAYS, hs_metric_durations)),
    GAUGE("hearsay_http_connections", "Connections of HTTP that are open.",
          BY(ALWAYS, hs_metric_connections)),
    GAUGE("hearsay_http_streams", "Streams of events that are open.", OWN(streams)),
    COUNTER("hearsay_dns_queries", "Questions of DNS that were answered.",
            BY(ALWAYS, hs_metric_queries)),
    COUNTER("hearsay_dns_truncated", "Answers of DNS that were cut to fit a datagram.",
            OWN(dns.truncated)),
    COUNTER("hearsay_dns_limited", "Questions of DNS from sources that asked too often.",
            OWN(dns.limited)),
    COUNTER("hearsay_dns_connections_refused",
            "Connections of DNS that were closed so that others have room.", OWN(dns.refused)),

    /* ---- the agent ---- */
    INFO("hearsay_build", "The release of the agent, and the wire versions that it speaks.",
         BY(AGENT, hs_metric_build)),
    INFO("hearsay_agent", "Who the agent is.", BY(AGENT, hs_metric_agent)),
    GAUGE("hearsay_ready", "Whether the agent has joined.", FIELD("ready")),
    GAUGE("hearsay_isolated", "Whether nothing comes from members that should answer.",
          FIELD("isolated")),
    GAUGE("hearsay_ring_settling",
          "Whether agents that see the same may have another ring than the agent.",
          FIELD("settling")),
    GAUGE("hearsay_leaving", "Whether the agent says goodbye.", FIELD("leaving")),
    GAUGE("hearsay_refusals", "Members and seeds that lately refused to take the agent in.",
          FROM("refused", hs_metric_size)),
    GAUGE("hearsay_agent_start_time_seconds", "When the agent started, since 1970.",
          FIELD_US("process.start")),
    COUNTER("hearsay_agent_cpu_seconds", "User and system CPU time of the agent.",
            FIELD_US("process.cpu_us")),
    GAUGE("hearsay_agent_resident_memory_bytes", "Resident memory of the agent.",
          FIELD("process.resident_bytes")),
    GAUGE("hearsay_agent_virtual_memory_bytes", "Virtual memory of the agent.",
          FIELD("process.virtual_bytes")),
    GAUGE("hearsay_agent_open_fds", "Open file descriptors of the agent.",
          FIELD("process.open_fds")),
    GAUGE("hearsay_agent_max_fds", "Most file descriptors that the agent may open.",
          FIELD("process.max_fds")),
    GAUGE("hearsay_agent_longest_turn_seconds",
          "The longest turn of the agent's loop in the last minute.", FIELD_US("longest_turn_us")),
    COUNTER("hearsay_away_seconds", "Time in which the agent was stopped, suspended or late.",
            FIELD_US("away_us")),
    GAUGE("hearsay_control_clients", "Clients of the control socket.", FIELD("clients.now")),
    COUNTER("hearsay_control_denied", "Requests and connections that were denied.",
            FIELD("counters.denied")),
    COUNTER("hearsay_log_lines", "Lines that were written to the log.", FIELD("log.written")),
    COUNTER("hearsay_log_lines_dropped", "Lines of the log that were lost.", FIELD("log.dropped")),
    GAUGE("hearsay_log_lines_waiting", "Lines that the disk or the reader has not yet taken.",
          FIELD("log.waiting")),
    GAUGE("hearsay_state_failing", "Whether the state cannot be read or written.",
          FROM("state.error", hs_metric_trouble)),
    GAUGE("hearsay_last_words",
          "Whether a witness tells others if the agent dies: on, off by its settings, or lost.",
          FROM("last_words", hs_metric_last_words), .label = "state"),

    /* ---- the view ---- */
    GAUGE("hearsay_members", "Members by status, the agent itself included.",
          OBJECT("members", "status")),
    GAUGE("hearsay_members_failed",
          "Dead members that failed: they neither left nor were forced out.",
          BY(AGENT, hs_metric_failed)),
    GAUGE("hearsay_members_max", "Members that the table can hold.", FIELD("members_max")),
    GAUGE("hearsay_members_drained", "Alive and suspect members that own no keys.",
          FIELD("drained")),
    COUNTER("hearsay_member_transitions", "Changes of members to a status with a cause.",
            FROM("transitions", hs_metric_transitions)),
    GAUGE("hearsay_view_digest", "Low 52 bits of the digest: equal on agents that agree.",
          FROM("digest", hs_metric_checksum)),
    COUNTER("hearsay_records_merged", "Records that replaced older ones.",
            FIELD("counters.records_merged")),
    COUNTER("hearsay_rumors_sent", "Records that were sent in datagrams.",
            FIELD("counters.rumors_sent")),
    GAUGE("hearsay_rumors_waiting", "Records that wait to be spread.", FIELD("rumors")),
    COUNTER("hearsay_events_lost", "Events that the agent could not take in time.",
            FIELD("counters.events_lost")),

    /* ---- the ring ---- */
    GAUGE("hearsay_ring_version", "Rings that the agent has made since its start.",
          FIELD("ring.version")),
    GAUGE("hearsay_ring_checksum",
          "Low 52 bits of the checksum: equal on agents with the same ring.",
          FROM("ring.checksum", hs_metric_checksum)),
    GAUGE("hearsay_ring_tokens", "Tokens of the ring.", FIELD("ring.tokens")),
    GAUGE("hearsay_ring_members", "Members that own keys.", BY(AGENT, hs_metric_ring_members)),
    GAUGE("hearsay_ring_held", "Members that have failed and still own keys.", FIELD("ring.held")),
    GAUGE("hearsay_ring_settings_differ",
          "Alive and suspect members whose ring-hold or ring-settle is not that of the agent.",
          FIELD("ring_timing.others")),
    GAUGE("hearsay_ring_share_ratio", "The agent's own share of the keys.",
          BY(AGENT, hs_metric_share)),
    COUNTER("hearsay_ring_changes", "Rings that the agent has made.", FIELD("ring_changes.count")),
    COUNTER("hearsay_ring_moved_keys_ratio", "Shares of the keys that got another owner, added up.",
            FIELD("ring_changes.moved")),

    /* ---- the network ---- */
    COUNTER("hearsay_datagrams_received", "Datagrams that were taken.", OBJECT("received", "kind")),
    COUNTER("hearsay_datagrams_sent", "Datagrams that were made.", OBJECT("sent", "kind")),
    COUNTER("hearsay_datagrams_dropped", "Datagrams, or records in them, that were not taken.",
            OBJECT("drops", "reason")),
    COUNTER("hearsay_datagrams_unsent", "Datagrams that the socket did not take.",
            FIELD("counters.unsent")),
    COUNTER("hearsay_bytes_received", "Payload of all datagrams that came.",
            FIELD("bytes_received")),
    COUNTER("hearsay_bytes_sent", "Payload of all datagrams that were sent.", FIELD("bytes_sent")),
    COUNTER("hearsay_icmp_errors", "Errors that the network reported.",
            FIELD("counters.icmp_errors")),
    COUNTER("hearsay_answers_elsewhere", "Answers from other addresses than their senders' own.",
            FIELD("counters.answers_elsewhere")),
    GAUGE("hearsay_loss_ratio", "Round trips that are lost, as the agent measures them.",
          FIELD("loss")),
    COUNTER("hearsay_probes", "Probes that were begun.", FIELD("counters.probes")),
    COUNTER("hearsay_probes_failed", "Probes that nobody answered.",
            FIELD("counters.probes_failed")),
    COUNTER("hearsay_probes_refused", "Probes that were not begun: too many were under way.",
            FIELD("counters.probes_refused")),
    HISTOGRAM("hearsay_probe_rtt_seconds", "Round trips of answered probes.",
              FROM("round_trips", hs_metric_round_trips)),
    COUNTER("hearsay_suspicions", "Suspicions that the agent began.", FIELD("counters.suspicions")),
    COUNTER("hearsay_refutations", "Times that the agent had to say that it is alive.",
            FIELD("counters.refutations")),
    COUNTER("hearsay_syncs", "Exchanges of views that the agent began.",
            FIELD("counters.syncs_started")),
    COUNTER("hearsay_syncs_unequal", "Exchanges after which the views still differed.",
            FIELD("counters.syncs_unequal")),

    /* ---- each member ---- */
    GAUGE("hearsay_member_status",
          "Status of a member: 1 alive, 2 suspect, 3 failed, 4 left or forced out.",
          SAMPLE(hs_metric_member_status)),
    GAUGE("hearsay_member_rtt_seconds", "Smoothed round trip to a member, if it is known.",
          SAMPLE(hs_metric_member_rtt)),
};
const size_t hs_metric_count = sizeof(hs_metric_table) / sizeof(hs_metric_table[0]);

static bool is_shown(const struct hs_metric *metric, const struct hs_metrics_source *source)
{
    if (!metric->write && !source->held)
        return false;
    return metric->when == HS_METRIC_ALWAYS || source->status;
}

static void write_all_but_members(FILE *out, const struct hs_metrics_source *source)
{
    struct hs_exposition exposition = {.out = out, .form = source->form};

    for (size_t i = 0; i < hs_metric_count; i++)
        if (hs_metric_table[i].write && is_shown(&hs_metric_table[i], source))
            hs_metric_table[i].write(&hs_metric_table[i], source, &exposition);
}

/* The sample of one member, and what stands before the first. */
static void write_sample(FILE *out, const struct hs_metrics_source *source,
                         const struct hs_metric *metric, size_t member)
{
    struct hs_exposition exposition = {.out = out, .form = source->form, .family = &metric->family};

    if (member == 0)
        hs_exposition_begin(&exposition, &metric->family);
    metric->sample(source->held->members[member], &exposition);
}

/* Goes on to a sample that is to be written. Returns false if there is none left. */
static bool find_sample(struct hs_metrics_place *place, const struct hs_metrics_source *source)
{
    while (place->row < hs_metric_count) {
        const struct hs_metric *metric = &hs_metric_table[place->row];

        if (metric->sample && is_shown(metric, source) && place->member < source->held->count)
            return true;
        place->row++;
        place->member = 0;
    }
    return false;
}

bool hs_metrics_write(FILE *out, const struct hs_metrics_source *source,
                      struct hs_metrics_place *place)
{
    if (!place->began)
        write_all_but_members(out, source);
    else
        write_sample(out, source, &hs_metric_table[place->row], place->member++);
    place->began = true;
    if (find_sample(place, source))
        return true;
    hs_exposition_end(&(struct hs_exposition){.out = out, .form = source->form});
    return false;
}
