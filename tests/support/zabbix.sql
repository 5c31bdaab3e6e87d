-- What a Zabbix server needs at least, and what an operator sets up in its web pages: a trapper item, a trigger, the
-- media type of the integration's notes (its script and parameters are added by zabbix.py), and an action.
INSERT INTO role (roleid, name, type) VALUES (3, 'Super admin role', 3);
INSERT INTO users (userid, username, name, surname, roleid) VALUES (1, 'tocsin', '', '', 3), (2, 'bob', 'Bob', '', 3);
INSERT INTO usrgrp (usrgrpid, name) VALUES (7, 'Administrators');
INSERT INTO users_groups (id, usrgrpid, userid) VALUES (1, 7, 1), (2, 7, 2);
INSERT INTO hstgrp (groupid, name, internal) VALUES (2, 'Databases', 0), (5, 'Discovered hosts', 1);
INSERT INTO config (configid, alert_usrgrpid, discovery_groupid) VALUES (1, 7, 5);
INSERT INTO config_autoreg_tls (autoreg_tlsid) VALUES (1);
INSERT INTO globalmacro (globalmacroid, macro, value) VALUES (1, '{$ZABBIX.URL}', 'https://zabbix.example.com');

INSERT INTO hosts (hostid, host, name) VALUES (1, 'db1', 'db1');
INSERT INTO hosts_groups (hostgroupid, hostid, groupid) VALUES (1, 1, 2);
INSERT INTO interface (interfaceid, hostid, main, ip) VALUES (1, 1, 1, '192.0.2.21');
INSERT INTO items (itemid, type, hostid, name, key_, value_type) VALUES (1, 2, 1, 'Disk usage of /var', 'disk.used', 0);
INSERT INTO item_rtdata (itemid) VALUES (1);
INSERT INTO triggers (triggerid, expression, description, priority, comments, opdata)
VALUES (1, '{1}>90', 'Disk /var is full', 4, 'The file system holds the orders.', 'Used: {ITEM.LASTVALUE1} %');
INSERT INTO functions (functionid, itemid, triggerid, name, parameter) VALUES (1, 1, 1, 'last', '$');

INSERT INTO media_type (mediatypeid, type, name, attempt_interval) VALUES (1, 4, 'Tocsin', '5s');
INSERT INTO media_type_message (mediatype_messageid, mediatypeid, eventsource, recovery, subject, message) VALUES
    (1, 1, 0, 0, 'Problem: {EVENT.NAME}', 'Problem started at {EVENT.TIME}: "größer" $(id)'),
    (2, 1, 0, 1, 'Resolved: {EVENT.NAME}', 'Problem has been resolved at {EVENT.RECOVERY.TIME}'),
    (3, 1, 0, 2, 'Updated: {EVENT.NAME}', '{USER.FULLNAME} {EVENT.UPDATE.ACTION} the problem.');
INSERT INTO media (mediaid, userid, mediatypeid, sendto) VALUES (1, 1, 1, 'tocsin');
INSERT INTO actions (actionid, name, eventsource, esc_period) VALUES (1, 'Tell Tocsin', 0, '1h');
-- Send a message; then tell those who got it: of the recovery, of updates.
INSERT INTO operations (operationid, actionid, operationtype, recovery) VALUES (1, 1, 0, 0), (2, 1, 11, 1), (3, 1, 12, 2);
INSERT INTO opmessage (operationid, mediatypeid) VALUES (1, 1), (2, NULL), (3, NULL);
INSERT INTO opmessage_usr (opmessage_usrid, operationid, userid) VALUES (1, 1, 1);
