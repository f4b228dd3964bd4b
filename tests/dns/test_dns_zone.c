/* SPDX-License-Identifier: Apache-2.0 */
/* What each name of the zone is answered with. */
#include "zone.h"

static void three_members(void)
{
    ZONE({"a", "10.0.0.1:7847", "alive", "\"role\":\"db\",\"http\":\"8080\"", 4},
         {"B.east", "10.0.0.2:7848", "suspect", "\"role\":\"web\",\"http\":\"8081\"", 8},
         {"c", "[2001:db8::3]:7849", "alive", "\"role\":\"db\"", 16},
         {"d", "10.0.0.4:7847", "dead", "\"role\":\"db\",\"http\":\"8083\",\"old\":\"1\"", 0});
}

START_TEST(test_a_member_by_name)
{
    three_members();
    ASKED("a.node.~", "A", "noerror, a.node A 10.0.0.1");
    ASKED("a.node.~", "AAAA", "noerror, ~soa");
    ASKED("c.node.~", "AAAA", "noerror, c.node AAAA 2001:db8::3");
    ASKED("a.node.~", "TXT", "noerror, a.node TXT \"http=8080\", a.node TXT \"role=db\"");
    ASKED("c.node.~", "SRV", "noerror, c.node SRV 0 16 7849 c.node");
    ASKED("a.node.~", "MX", "noerror, ~soa");
    ASKED("a.node.~", "HTTPS", "noerror, ~soa");
    ASKED("a.node.~", "ANY",
          "noerror, a.node A 10.0.0.1, a.node TXT \"http=8080\", a.node TXT \"role=db\"");
    zone_end();
}
END_TEST

START_TEST(test_names_have_dots_and_no_case)
{
    three_members();
    ASKED("b.eAst.NODE.Hearsay.INTERNAL", "A", "noerror, b.eAst.NODE.Hearsay.INTERNAL A 10.0.0.2");
    ASKED("b\\.east.node.~", "A", "noerror, b\\046east.node A 10.0.0.2");
    ASKED("east.node.~", "A", "noerror, ~soa");
    ASKED("st.node.~", "A", "nxdomain, ~soa");
    ASKED("b.east.node.~", "SRV", "noerror, b.east.node SRV 0 8 7848 B.east.node");
    ck_assert_uint_eq(additional("B.east.node.hearsay.internal A 10.0.0.2"), 1);
    zone_end();
}
END_TEST

START_TEST(test_the_dead_and_the_unknown_are_not_there)
{
    three_members();
    ASKED("d.node.~", "A", "nxdomain, ~soa");
    ASKED("x.node.~", "A", "nxdomain, ~soa");
    ASKED("a.a.node.~", "A", "nxdomain, ~soa");
    ASKED("old.tag.~", "A", "nxdomain, ~soa");
    ASKED("a.nodes.~", "A", "nxdomain, ~soa");
    ASKED("a.~", "A", "nxdomain, ~soa");
    zone_change(&(struct zone_member){"d", "10.0.0.4:7847", "alive", "\"role\":\"db\"", 0});
    ASKED("d.node.~", "A", "noerror, d.node A 10.0.0.4");
    zone_forget("d");
    ASKED("d.node.~", "A", "nxdomain, ~soa");
    zone_end();
}
END_TEST

START_TEST(test_members_by_tag)
{
    three_members();
    ASKED("role.tag.~", "A", "noerror, role.tag A 10.0.0.1, role.tag A 10.0.0.2");
    ASKED("role.tag.~", "AAAA", "noerror, role.tag AAAA 2001:db8::3");
    ASKED("db.role.tag.~", "A", "noerror, db.role.tag A 10.0.0.1");
    ASKED("DB.Role.tag.~", "SRV",
          "noerror, DB.Role.tag SRV 0 16 7849 c.node, DB.Role.tag SRV 0 4 7847 a.node");
    ASKED("b.role.tag.~", "A", "nxdomain, ~soa");
    ASKED("db.tag.~", "A", "nxdomain, ~soa");
    ASKED("role.tag.~", "TXT", "noerror, ~soa");
    ASKED("web.role.tag.~", "ANY", "noerror, web.role.tag A 10.0.0.2");
    zone_end();
}
END_TEST

START_TEST(test_values_and_keys_of_tags_have_dots)
{
    ZONE({"a", "10.0.0.1:7847", "alive", "\"app.version\":\"1.2.3\"", 4},
         {"b", "10.0.0.2:7847", "alive", "\"version\":\"1.app\"", 4});
    ASKED("1.2.3.app.version.tag.~", "A", "noerror, 1.2.3.app.version.tag A 10.0.0.1");
    ASKED("app.version.tag.~", "A", "noerror, app.version.tag A 10.0.0.1");
    ASKED("1.app.version.tag.~", "A", "noerror, 1.app.version.tag A 10.0.0.2");
    ASKED("2.3.app.version.tag.~", "A", "noerror, ~soa");
    ASKED("3.app.version.tag.~", "A", "noerror, ~soa");
    ASKED(".3.app.version.tag.~", "A", "formerr");
    ASKED("23.app.version.tag.~", "A", "nxdomain, ~soa");
    ASKED("version.tag.~", "A", "noerror, version.tag A 10.0.0.2");
    zone_end();
}
END_TEST

START_TEST(test_all_members)
{
    three_members();
    ASKED("all.~", "A", "noerror, all A 10.0.0.1, all A 10.0.0.2");
    ASKED("all.~", "AAAA", "noerror, all AAAA 2001:db8::3");
    ASKED("all.~", "SRV",
          "noerror, all SRV 0 16 7849 c.node, all SRV 0 4 7847 a.node, "
          "all SRV 0 8 7848 B.east.node");
    ASKED("x.all.~", "A", "nxdomain, ~soa");
    zone_end();
}
END_TEST

START_TEST(test_an_address_comes_once)
{
    ZONE({"a", "10.0.0.1:1", "alive", "", 4}, {"b", "10.0.0.1:2", "alive", "", 4},
         {"c", "10.0.0.1:3", "alive", "", 4});
    ASKED("all.~", "A", "noerror, all A 10.0.0.1");
    ASKED("all.~", "ANY", "noerror, all A 10.0.0.1");
    ASKED("all.~", "SRV",
          "noerror, all SRV 0 4 1 a.node, all SRV 0 4 2 b.node, all SRV 0 4 3 c.node");
    zone_end();
}
END_TEST

START_TEST(test_services)
{
    three_members();
    ASKED("_http._tcp.~", "SRV",
          "noerror, _http._tcp SRV 0 4 8080 a.node, _http._tcp SRV 0 8 8081 B.east.node");
    ck_assert_uint_eq(additional(""), 2);
    ck_assert_uint_eq(additional("a.node.hearsay.internal A 10.0.0.1"), 1);
    ASKED("_HTTP._udp.~", "ANY",
          "noerror, _HTTP._udp SRV 0 4 8080 a.node, _HTTP._udp SRV 0 8 8081 B.east.node");
    ASKED("_http._tcp.~", "A", "noerror, ~soa");
    ASKED("_tcp.~", "SRV", "noerror, ~soa");
    ASKED("_role._tcp.~", "SRV", "nxdomain, ~soa");
    ASKED("http._tcp.~", "SRV", "noerror, ~soa");
    ASKED("_._tcp.~", "SRV", "nxdomain, ~soa");
    ASKED("_http._tcp.all.~", "SRV",
          "noerror, _http._tcp.all SRV 0 4 8080 a.node, _http._tcp.all SRV 0 8 8081 B.east.node");
    zone_end();
}
END_TEST

START_TEST(test_services_of_some_members)
{
    three_members();
    ASKED("_http._tcp.db.role.tag.~", "SRV", "noerror, _http._tcp.db.role.tag SRV 0 4 8080 a.node");
    ASKED("_http._tcp.web.role.tag.~", "SRV",
          "noerror, _http._tcp.web.role.tag SRV 0 8 8081 B.east.node");
    ASKED("_tcp.web.role.tag.~", "SRV", "noerror, ~soa");
    ASKED("_tcp.cache.role.tag.~", "SRV", "nxdomain, ~soa");
    ASKED("_http._tcp.a.node.~", "SRV", "noerror, _http._tcp.a.node SRV 0 4 8080 a.node");
    ASKED("_http._tcp.c.node.~", "SRV", "nxdomain, ~soa");
    ASKED("_http._tcp.ns.~", "SRV", "nxdomain, ~soa");
    zone_end();
}
END_TEST

START_TEST(test_a_port_is_a_number_of_16_bits)
{
    ZONE({"a", "10.0.0.1:1", "alive", "\"p\":\"65535\"", 4},
         {"b", "10.0.0.2:1", "alive", "\"p\":\"65536\"", 4},
         {"c", "10.0.0.3:1", "alive", "\"p\":\"0\"", 4},
         {"d", "10.0.0.4:1", "alive", "\"p\":\"80 \"", 4},
         {"e", "10.0.0.5:1", "alive", "\"p\":\"+80\"", 4},
         {"f", "10.0.0.6:1", "alive", "\"p\":\"\"", 4},
         {"g", "10.0.0.7:1", "alive", "\"p\":\"99999999999999999999\"", 4},
         {"h", "10.0.0.8:1", "alive", "\"p\":\"00080\",\"P\":\"81\"", 4});
    ASKED("_p._tcp.~", "SRV", "noerror, _p._tcp SRV 0 4 65535 a.node, _p._tcp SRV 0 4 80 h.node");
    zone_end();
}
END_TEST

START_TEST(test_a_target_is_a_host_name_of_one_member)
{
    ZONE({"a", "10.0.0.1:1", "alive", "\"p\":\"1\"", 4},
         {"x:1", "10.0.0.2:1", "alive", "\"p\":\"2\"", 4},
         {"n", "10.0.0.3:1", "alive", "\"p\":\"3\"", 4},
         {"N", "[2001:db8::4]:1", "alive", "\"p\":\"4\"", 4},
         {"x..y", "10.0.0.5:1", "alive", "\"p\":\"5\"", 4},
         {"0123456789012345678901234567890123456789012345678901234567890123", "10.0.0.6:1", "alive",
          "\"p\":\"6\"", 4},
         {"012345678901234567890123456789012345678901234567890123456789012.z", "10.0.0.7:1",
          "alive", "\"p\":\"7\"", 4});
    transport = HS_DNS_TCP; /* for which there is room */
    ASKED(
        "_p._tcp.~", "SRV",
        "noerror, _p._tcp SRV 0 4 1 a.node, _p._tcp SRV 0 4 2 0a000002.addr, "
        "_p._tcp SRV 0 4 3 0a000003.addr, "
        "_p._tcp SRV 0 4 4 20010db8000000000000000000000004.addr, "
        "_p._tcp SRV 0 4 5 0a000005.addr, _p._tcp SRV 0 4 6 0a000006.addr, "
        "_p._tcp SRV 0 4 7 012345678901234567890123456789012345678901234567890123456789012.z.node");
    ck_assert_uint_eq(additional("0a000002.addr.hearsay.internal A 10.0.0.2"), 1);
    ck_assert_uint_eq(
        additional("20010db8000000000000000000000004.addr.hearsay.internal AAAA 2001:db8::4"), 1);
    ASKED("x:1.node.~", "A", "noerror, x:1.node A 10.0.0.2");
    ASKED("n.node.~", "A", "noerror, n.node A 10.0.0.3");
    ASKED("n.node.~", "AAAA", "noerror, n.node AAAA 2001:db8::4");
    zone_forget("N");
    ASKED("_p._tcp.n.node.~", "SRV", "noerror, _p._tcp.n.node SRV 0 4 3 n.node");
    zone_end();
}
END_TEST

START_TEST(test_addresses)
{
    three_members();
    ASKED("0A00000f.addr.~", "A", "noerror, 0A00000f.addr A 10.0.0.15");
    ASKED("0a00000f.addr.~", "AAAA", "noerror, ~soa");
    ASKED("20010db8000000000000000000000004.addr.~", "AAAA",
          "noerror, 20010db8000000000000000000000004.addr AAAA 2001:db8::4");
    ASKED("0a0000.addr.~", "A", "nxdomain, ~soa");
    ASKED("0a00000g.addr.~", "A", "nxdomain, ~soa");
    ASKED("0a00.000f.addr.~", "A", "nxdomain, ~soa");
    ASKED("addr.~", "A", "noerror, ~soa");
    zone_end();
}
END_TEST

START_TEST(test_the_reverse_way)
{
    three_members();
    ASKED("1.0.0.10.in-addr.arpa", "PTR", "noerror, 1.0.0.10.in-addr.arpa PTR a.node");
    ASKED("2.0.0.10.IN-ADDR.arpa", "ANY", "noerror, 2.0.0.10.IN-ADDR.arpa PTR B.east.node");
    ASKED("3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.d.0.1.0.0.2.ip6.arpa", "PTR",
          "noerror, 3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.d.0.1.0.0.2.ip6.arpa "
          "PTR c.node");
    ASKED("4.0.0.10.in-addr.arpa", "PTR", "nxdomain, ~soa");
    ASKED("9.0.0.10.in-addr.arpa", "PTR", "nxdomain, ~soa");
    ASKED("1.0.0.10.in-addr.arpa", "A", "noerror, ~soa");
    ASKED("10.in-addr.arpa", "PTR", "noerror, ~soa");
    ASKED("01.0.0.10.in-addr.arpa", "PTR", "nxdomain, ~soa");
    ASKED("256.0.0.10.in-addr.arpa", "PTR", "nxdomain, ~soa");
    ASKED("1.1.0.0.10.in-addr.arpa", "PTR", "nxdomain, ~soa");
    ASKED("g.ip6.arpa", "PTR", "nxdomain, ~soa");
    ASKED("10.ip6.arpa", "PTR", "nxdomain, ~soa");
    ASKED("arpa", "PTR", "refused");
    zone_end();
}
END_TEST

START_TEST(test_members_that_share_an_address_share_its_pointer)
{
    ZONE({"a", "10.0.0.1:1", "alive", "", 4}, {"n.", "10.0.0.1:2", "alive", "", 4});
    ASKED("1.0.0.10.in-addr.arpa", "PTR",
          "noerror, 1.0.0.10.in-addr.arpa PTR 0a000001.addr, 1.0.0.10.in-addr.arpa PTR a.node");
    zone_end();
}
END_TEST

START_TEST(test_the_zone_itself)
{
    three_members();
    ASKED("~", "SOA", "noerror, hearsay.internal SOA ns hostmaster");
    ASKED("~", "NS", "noerror, hearsay.internal NS ns");
    ck_assert_uint_eq(additional("ns.hearsay.internal A 10.0.0.1"), 1);
    ASKED("~", "A", "noerror, ~soa");
    ASKED("ns.~", "A", "noerror, ns A 10.0.0.1");
    ASKED("ns.~", "AAAA", "noerror, ~soa");
    ASKED("internal", "SOA", "refused");
    ASKED("", "NS", "refused");
    ASKED("xhearsay.internal", "A", "refused");
    ASKED("hearsay.internal.example", "A", "refused");
    ASKED("node.~", "A", "noerror, ~soa");
    ASKED("tag.~", "A", "noerror, ~soa");
    ASKED("key.~", "A", "noerror, ~soa");
    zone_end();
}
END_TEST

START_TEST(test_an_agent_that_leaves_is_not_there)
{
    three_members();
    fed("{\"follow\":\"state\",\"id\":\"%s\",\"ready\":true,\"isolated\":false,\"leaving\":true}",
        next_id());
    ASKED("a.node.~", "A", "nxdomain, ~soa");
    ASKED("all.~", "A", "noerror, all A 10.0.0.2");
    zone_end();
}
END_TEST

START_TEST(test_a_long_tag_goes_on_in_the_next_string)
{
    char value[301], tags[400], expected[800];

    memset(value, 'v', 300);
    value[300] = '\0';
    snprintf(tags, sizeof(tags), "\"key\":\"%s\"", value);
    snprintf(expected, sizeof(expected), "noerror, a.node TXT \"key=%.251s\" \"%.49s\"", value,
             value);
    ZONE({"a", "10.0.0.1:1", "alive", tags, 4});
    ASKED("a.node.~", "TXT", expected);
    zone_end();
}
END_TEST

HARNESS_MAIN("dns zone", test_a_member_by_name, test_names_have_dots_and_no_case,
             test_the_dead_and_the_unknown_are_not_there, test_members_by_tag,
             test_values_and_keys_of_tags_have_dots, test_all_members, test_an_address_comes_once,
             test_services, test_services_of_some_members, test_a_port_is_a_number_of_16_bits,
             test_a_target_is_a_host_name_of_one_member, test_addresses, test_the_reverse_way,
             test_members_that_share_an_address_share_its_pointer, test_the_zone_itself,
             test_an_agent_that_leaves_is_not_there, test_a_long_tag_goes_on_in_the_next_string)
