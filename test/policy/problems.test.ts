// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders that nobody filled in are what is tested.
import { expect, test } from "vitest";
import { MINIMAL, problemsOf } from "./helpers.ts";

/** What is put behind MINIMAL (so its first line is line 7), and every problem that must be found. */
// biome-ignore format: one row a case
const BAD: [string, string, string[]][] = [
  ["unknown section", "sesions: {}", ['7:1: unknown key "sesions": did you mean "sessions"?']],
  ["unknown section far from all", "colour: red", ['7:1: unknown key "colour"']],
  ["unknown key", "sessions:\n  maxage: 3d", ['8:3: sessions: unknown key "maxage": did you mean "maxAge"?']],
  ["unknown key in a list", "users:\n  locked:\n    - { user: a, reason: b, untl: 2027-01-01 }", ['9:29: users.locked[0]: unknown key "untl": did you mean "until"?']],
  ["unknown key in a group", "groups:\n  g: { member: [a] }", ['8:8: groups.g: unknown key "member": did you mean "members"?']],
  ["prototype key", "sessions:\n  __proto__: { maxAge: 3d }", ['8:3: sessions: unknown key "__proto__"']],
  ["constructor key", "sessions:\n  constructor: 1", ['8:3: sessions: unknown key "constructor"']],
  ["merge key", "sessions:\n  <<: { maxAge: 3d }", ["8:3: sessions: merge keys (<<) are not YAML 1.2: write the keys out"]],
  ["duplicate key", "sessions:\n  maxAge: 3d\n  maxAge: 4d", ['9:3: sessions: "maxAge" is given twice: it is already in line 8']],
  ["duplicate section", "protected: [a]\nprotected: [b]", ['8:1: "protected" is given twice: it is already in line 7']],
  ["number as key", "groups:\n  12: { members: [a] }", ["8:3: groups: the key 12 is read as a number: put it in quotes"]],
  ["mapping as key", "groups:\n  ? { a: b }\n  : { members: [a] }", ["8:5: groups: a key must be text"]],
  ["null section", "sessions:", ["7:1: sessions: is empty: give it a value or remove the line"]],
  ["null value", "sessions:\n  maxAge:", ["8:3: sessions.maxAge: is empty: give it a value or remove the line"]],
  ["tilde", "sessions: { maxAge: ~ }", ["7:21: sessions.maxAge: is empty: give it a value or remove the line"]],
  ["null in a list", "protected:\n  - a\n  - null", ["9:5: protected[1]: is empty: give it a value or remove the line"]],
  ["null in where", "groups: { g: { where: { a: null } } }", ["7:28: groups.g.where.a: is empty: give it a value or remove the line"]],
  ["duration in words", "sessions: { maxAge: 30 days }", ['7:21: sessions.maxAge: "30 days" is not a duration: write 30d (units m, h, d, w)']],
  ["duration without unit", "sessions: { maxIdle: 12 }", ["7:22: sessions.maxIdle: 12 is not a duration: write 12d (units m, h, d, w)"]],
  ["duration with an unknown unit", "planExpires: 30s", ['7:14: planExpires: "30s" is not a duration: write 30d (units m, h, d, w)']],
  ["duration of nothing", "planExpires: 0h0m", ['7:14: planExpires: "0h0m" is no time at all: write more than zero, such as 30d']],
  ["negative duration", "planExpires: -1d", ['7:14: planExpires: "-1d" is not a duration: write 30d (units m, h, d, w)']],
  ["endless duration", "sessions: { maxAge: 99999w }", ['7:21: sessions.maxAge: "99999w" is longer than 100 years']],
  ["instant without offset", "sessions: { notBefore: 2026-11-20T06:00 }", ['7:24: sessions.notBefore: "2026-11-20T06:00" has no offset: write 2026-11-20T06:00:00Z for UTC, or another offset such as 2026-11-20T06:00:00+02:00']],
  ["instant in words", "sessions: { notBefore: tomorrow }", ['7:24: sessions.notBefore: "tomorrow" is not an instant: write a date such as 2027-01-31, or 2027-01-31T17:00:00+02:00']],
  ["30 February", "sessions: { notBefore: 2026-02-30 }", ['7:24: sessions.notBefore: "2026-02-30" does not exist in the calendar or on the clock']],
  ["25 o'clock", "sessions: { notBefore: 2026-02-20T25:00Z }", ['7:24: sessions.notBefore: "2026-02-20T25:00Z" does not exist in the calendar or on the clock']],
  ["year as instant", "sessions: { notBefore: 2026 }", ["7:24: sessions.notBefore: 2026 is not an instant: write a date such as 2027-01-31, or 2027-01-31T17:00:00+02:00"]],
  ["no sessions at all", "sessions: { maxPerUser: 0 }", ["7:25: sessions.maxPerUser: 0 is too small: at least 1"]],
  ["half a session", "sessions: { maxPerUser: 1.5 }", ["7:25: sessions.maxPerUser: expects a whole number, not 1.5"]],
  ["number in quotes", 'sessions: { maxPerUser: "2" }', ['7:25: sessions.maxPerUser: expects a number, not "2"']],
  ["not a number", "rollout: .nan", ["7:10: rollout: expects a number, not NaN"]],
  ["percentage over 100", "rollout: 101", ["7:10: rollout: 101 is too large: at most 100"]],
  ["negative percentage", "limits: { lock: { percent: -1 } }", ["7:28: limits.lock.percent: -1 is too small: at least 0"]],
  ["number as id", "protected: [0012]", ['7:13: protected[0]: 0012 is read as a number: put it in quotes, "0012"']],
  ["exponent as id", "protected: [5571e26]", ['7:13: protected[0]: 5571e26 is read as a number: put it in quotes, "5571e26"']],
  ["boolean as id", "protected: [true]", ['7:13: protected[0]: true is read as a boolean: put it in quotes, "true"']],
  ["id of no characters", "protected: ['']", ["7:13: protected[0]: must not be empty"]],
  ["id with a space behind", "protected: ['a ']", ['7:13: protected[0]: "a " has spaces or lines around it']],
  ["placeholder ${ADMIN_ID}", "protected: ['${ADMIN_ID}']", ['7:13: protected[0]: "${ADMIN_ID}" is a placeholder that nobody filled in: write what it stands for']],
  ["placeholder a-${ADMIN_ID}", "protected: ['a-${ADMIN_ID}']", ['7:13: protected[0]: "a-${ADMIN_ID}" is a placeholder that nobody filled in: write what it stands for']],
  ["placeholder <ADMIN_ID>", "protected: ['<ADMIN_ID>']", ['7:13: protected[0]: "<ADMIN_ID>" is a placeholder that nobody filled in: write what it stands for']],
  ["placeholder {{ admin }}", "protected: ['{{ admin }}']", ['7:13: protected[0]: "{{ admin }}" is a placeholder that nobody filled in: write what it stands for']],
  ["placeholder $ADMIN_ID", "protected: ['$ADMIN_ID']", ['7:13: protected[0]: "$ADMIN_ID" is a placeholder that nobody filled in: write what it stands for']],
  ["placeholder %ADMIN_ID%", "protected: ['%ADMIN_ID%']", ['7:13: protected[0]: "%ADMIN_ID%" is a placeholder that nobody filled in: write what it stands for']],
  ["placeholder as a locked user", "users: { locked: [{ user: '${LEAVER}', reason: b }] }", ['7:27: users.locked[0].user: "${LEAVER}" is a placeholder that nobody filled in: write what it stands for']],
  ["placeholder as an owner", "exceptions: [{ user: a, rule: sessions.maxAge, reason: b, owner: <OWNER>, until: 2026-12-01 }]", ['7:66: exceptions[0].owner: "<OWNER>" is a placeholder that nobody filled in: write what it stands for']],
  ["placeholder as a ticket", "users: { locked: [{ user: a, reason: b, ticket: '{{ticket}}' }] }", ['7:49: users.locked[0].ticket: "{{ticket}}" is a placeholder that nobody filled in: write what it stands for']],
  ["duration that is months or minutes", "sessions: { maxAge: 12M }", ['7:21: sessions.maxAge: "12M" is not a duration: m is minutes, and months are written in days, such as 30d (units m, h, d, w)']],
  ["mapping as id", "protected: [{ user: a }]", ["7:13: protected[0]: expects text, not keys and values"]],
  ["text as list", "protected: a", ['7:12: protected: expects a list, not "a"']],
  ["list as section", "sessions: [maxAge]", ["7:1: sessions: expects keys and values, not a list"]],
  ["yes as boolean", "users: { locked: [{ user: a, reason: b, wipe: yes }] }", ['7:47: users.locked[0].wipe: expects true or false, not "yes"']],
  ["no reason", "users:\n  locked:\n    - user: a", ['9:7: users.locked[0]: "reason" is missing']],
  ["blank reason", "users: { locked: [{ user: a, reason: ' ' }] }", ["7:38: users.locked[0].reason: must not be blank"]],
  ["no until and no owner", "exceptions:\n  - { user: a, rule: sessions.maxAge, reason: b }", ['8:5: exceptions[0]: "owner" is missing', '8:5: exceptions[0]: "until" is missing']],
  ["freeze without end", "freeze: { reason: a }", ['7:1: freeze: "until" is missing']],
  ["raise without reason", "limits: { raise: [{ type: lock, max: 1, until: 2026-12-01 }] }", ['7:19: limits.raise[0]: "reason" is missing']],
  ["unknown word", "enforcement: enforced", ['7:14: enforcement: "enforced" is not one of enforce, report: did you mean "enforce"?']],
  ["enforcement of an unknown rule", "enforcement: { devices.allow: report }", ['7:16: enforcement: unknown key "devices.allow": did you mean "devices.allowed"?']],
  ["enforcement of a rule, wrongly", "enforcement: { devices.allowed: reports }", ['7:33: enforcement["devices.allowed"]: "reports" is not one of enforce, report: did you mean "report"?']],
  ["enforcement as a list", "enforcement: [report]", ["7:1: enforcement: a list is not one of enforce, report"]],
  ["semver range", "devices: { allowed: [{ container: latest }] }", ['7:35: devices.allowed[0].container: "latest" is not a semver range: write one such as ">=20.6.1"']],
  ["allowed device that names nothing", "devices: { allowed: [{}] }", ["7:22: devices.allowed[0]: names nothing, and so would allow every device"]],
  ["empty allowed", "devices:\n  allowed: []", ["8:3: devices.allowed: is empty, which bans every device: write allowEmpty: true beside it if that is meant"]],
  ["empty locked", "users: { locked: [], allowEmpty: false }", ["7:10: users.locked: is empty, which lifts every lock of ours: write allowEmpty: true beside it if that is meant"]],
  ["unsynced without wipe", "devices: { denied: [{ id: a, reason: b, unsynced: lose }] }", ["7:51: devices.denied[0].unsynced: is about wipes: it needs action: wipe beside it"]],
  ["same device denied twice", "devices:\n  denied:\n    - { id: a, reason: b }\n    - { id: a, reason: c }", ['10:7: devices.denied[1]: "a" is listed twice: also at p.yaml:9']],
  ["same lock twice", "users:\n  locked:\n    - { user: a, reason: b }\n    - { reason: b, user: a }", ['10:7: users.locked[1]: "a" is listed twice: also at p.yaml:9']],
  ["same user protected twice", "protected: [a, b, a]", ['7:19: protected[2]: "a" is listed twice: also at p.yaml:7']],
  ["same member twice", "groups: { g: { members: [a, a] } }", ['7:29: groups.g.members[1]: "a" is listed twice: also at p.yaml:7']],
  ["same allowed device twice", "devices:\n  allowed:\n    - { id: a, platform: IOS }\n    - { platform: IOS, id: a }", ["10:7: devices.allowed[1]: the same device is listed twice: also at p.yaml:9"]],
  ["same exception twice", "exceptions:\n  - { user: a, rule: devices.allowed, reason: b, owner: c, until: 2027-01-01 }\n  - { user: a, rule: devices.allowed, reason: d, owner: e, until: 2027-01-01 }", ["9:5: exceptions[1]: the same exception is listed twice: also at p.yaml:8"]],
  ["locked until before from", "users: { locked: [{ user: a, reason: b, from: 2027-01-02, until: 2027-01-01 }] }", ["7:66: users.locked[0].until: is not later than from: the entry is never in force"]],
  ["locked and protected", "users: { locked: [{ user: a, reason: b }] }\nprotected: [a]", ['7:27: users.locked[0].user: "a" is also protected, at p.yaml:8: a user is one or the other']],
  ["group of nobody", "groups:\n  g: { sessions: { maxAge: 3d } }", ["8:3: groups.g: has no members: give it members, where, or both"]],
  ["group of nobody, in words", "groups: { g: { members: [] } }", ["7:11: groups.g: has no members: give it members, where, or both"]],
  ["where of everybody", "groups: { g: { where: {} } }", ["7:16: groups.g.where: names no field: everybody would be a member"]],
  ["where with a list", "groups: { g: { where: { a: [b] } } }", ["7:25: groups.g.where.a: expects text, a number, or true or false"]],
  ["group name with a space behind", "groups: { 'g ': { members: [a] } }", ['7:11: groups["g "]: "g " has spaces or lines around it']],
  ["exception for nobody", "exceptions: [{ rule: devices.allowed, reason: b, owner: c, until: 2027-01-01 }]", ["7:14: exceptions[0]: needs either user or group"]],
  ["exception for user and group", "groups: { g: { members: [a] } }\nexceptions: [{ user: a, group: g, rule: devices.allowed, reason: b, owner: c, until: 2027-01-01 }]", ["8:14: exceptions[0]: needs either user or group, not both"]],
  ["exception for an unknown group", "groups: { staff: { members: [a] } }\nexceptions: [{ group: staf, rule: devices.allowed, reason: b, owner: c, until: 2027-01-01 }]", ['8:23: exceptions[0].group: there is no group "staf": did you mean "staff"?']],
  ["exception from a lock", "exceptions: [{ user: a, rule: users.locked, reason: b, owner: c, until: 2027-01-01 }]", ["7:31: exceptions[0].rule: users.locked has no exceptions: change the entry itself"]],
  ["exception from a denied device", "exceptions: [{ user: a, rule: devices.denied, reason: b, owner: c, until: 2027-01-01 }]", ["7:31: exceptions[0].rule: devices.denied has no exceptions: change the entry itself"]],
  ["exception from an unknown rule", "exceptions: [{ user: a, rule: session.maxAge, reason: b, owner: c, until: 2027-01-01 }]", ['7:31: exceptions[0].rule: "session.maxAge" is not one of sessions.maxAge, sessions.maxIdle, sessions.maxPerUser, sessions.notBefore, devices.allowed: did you mean "sessions.maxAge"?']],
  ["allow of a number for a duration", "exceptions: [{ user: a, rule: sessions.maxAge, allow: 90, reason: b, owner: c, until: 2027-01-01 }]", ["7:55: exceptions[0].allow: 90 is not a duration: write 90d (units m, h, d, w)"]],
  ["allow of a duration for a number", "exceptions: [{ user: a, rule: sessions.maxPerUser, allow: 9d, reason: b, owner: c, until: 2027-01-01 }]", ['7:59: exceptions[0].allow: "9d" is not a number of sessions: write a whole number, at least 1']],
  ["allow of a duration for an instant", "exceptions: [{ user: a, rule: sessions.notBefore, allow: 9d, reason: b, owner: c, until: 2027-01-01 }]", ['7:58: exceptions[0].allow: "9d" is not an instant: write a date such as 2027-01-31, or 2027-01-31T17:00:00+02:00']],
  ["allow for a device", "exceptions: [{ user: a, rule: devices.allowed, allow: 1, reason: b, owner: c, until: 2027-01-01 }]", ["7:55: exceptions[0].allow: devices.allowed has no laxer value: remove the line to waive the rule"]],
  ["exception too long", "exceptions: [{ user: a, rule: devices.allowed, reason: b, owner: c, until: 2027-02-20 }]", ["7:76: exceptions[0].until: is more than 90 days away (limits.exceptionsLast): write 2027-02-19 or earlier"]],
  ["exception too long for its own limit", "limits: { exceptionsLast: 7d }\nexceptions: [{ user: a, rule: devices.allowed, reason: b, owner: c, until: 2026-11-30 }]", ["8:76: exceptions[0].until: is more than 7 days away (limits.exceptionsLast): write 2026-11-28 or earlier"]],
  ["unknown way to exceed", "limits: { lock: { exceed: stop } }", ['7:27: limits.lock.exceed: "stop" is not one of refuse, pace']],
  ["limit of an unknown type", "limits: { reauthenticate: { max: 1 } }", ['7:11: limits: unknown key "reauthenticate": did you mean "re-authenticate"?']],
  ["raise of nothing", "limits: { raise: [{ type: lock, until: 2026-12-01, reason: a }] }", ["7:19: limits.raise[0]: raises nothing: give it max, percent or perRun"]],
  ["raise of inventoryDrop by max", "limits: { raise: [{ type: inventoryDrop, max: 1, until: 2026-12-01, reason: a }] }", ["7:19: limits.raise[0]: inventoryDrop is raised by percent, and by nothing else"]],
  ["time of day", "windows: { lock: { from: '25:00', to: '04:00', zone: UTC } }", ['7:26: windows.lock.from: "25:00" is not a time of day: write it as "04:00", up to "23:59"']],
  ["window never open", "windows: { lock: { from: '04:00', to: '04:00', zone: UTC } }", ["7:39: windows.lock.to: is the same as from: the window is never open"]],
  ["zone", "windows: { lock: { from: '01:00', to: '04:00', zone: Africa/Johanesburg } }", ['7:54: windows.lock.zone: "Africa/Johanesburg" is not an IANA time zone: did you mean "Africa/Johannesburg"?']],
  ["offset as zone", "windows: { lock: { from: '01:00', to: '04:00', zone: '+02:00' } }", ['7:54: windows.lock.zone: "+02:00" is always the same offset and knows no summer time: write the zone of a place, such as Africa/Johannesburg, or UTC']],
  ["EST as zone", "windows: { lock: { from: '01:00', to: '04:00', zone: EST } }", ['7:54: windows.lock.zone: "EST" is always the same offset and knows no summer time: write the zone of a place, such as Africa/Johannesburg, or UTC']],
  ["MST as zone", "windows: { lock: { from: '01:00', to: '04:00', zone: MST } }", ['7:54: windows.lock.zone: "MST" is always the same offset and knows no summer time: write the zone of a place, such as Africa/Johannesburg, or UTC']],
  ["HST as zone", "windows: { lock: { from: '01:00', to: '04:00', zone: HST } }", ['7:54: windows.lock.zone: "HST" is always the same offset and knows no summer time: write the zone of a place, such as Africa/Johannesburg, or UTC']],
  ["PST as zone", "windows: { lock: { from: '01:00', to: '04:00', zone: PST } }", ['7:54: windows.lock.zone: "PST" is always the same offset and knows no summer time: write the zone of a place, such as Africa/Johannesburg, or UTC']],
  ["Etc/GMT+5 as zone", "windows: { lock: { from: '01:00', to: '04:00', zone: Etc/GMT+5 } }", ['7:54: windows.lock.zone: "Etc/GMT+5" is always the same offset and knows no summer time: write the zone of a place, such as Africa/Johannesburg, or UTC']],
  ["etc/gmt-2 as zone", "windows: { lock: { from: '01:00', to: '04:00', zone: etc/gmt-2 } }", ['7:54: windows.lock.zone: "etc/gmt-2" is always the same offset and knows no summer time: write the zone of a place, such as Africa/Johannesburg, or UTC']],
  ["GMT+0 as zone", "windows: { lock: { from: '01:00', to: '04:00', zone: GMT+0 } }", ['7:54: windows.lock.zone: "GMT+0" is always the same offset and knows no summer time: write the zone of a place, such as Africa/Johannesburg, or UTC']],
  ["day", "windows: { lock: { from: '01:00', to: '04:00', zone: UTC, days: [mon, tues] } }", ['7:71: windows.lock.days[1]: "tues" is not one of mon, tue, wed, thu, fri, sat, sun: did you mean "tue"?']],
  ["day twice", "windows: { lock: { from: '01:00', to: '04:00', zone: UTC, days: [mon, mon] } }", ['7:71: windows.lock.days[1]: "mon" is in the list twice']],
  ["no day", "windows: { lock: { from: '01:00', to: '04:00', zone: UTC, days: [] } }", ["7:59: windows.lock.days: must not be empty"]],
  ["freeze that allows an unknown type", "freeze: { until: 2026-12-01, reason: a, allow: [unlok] }", ['7:49: freeze.allow[0]: "unlok" is not one of lock, wipe, re-authenticate, unlock: did you mean "unlock"?']],
  ["unknown tag", "protected: [!!js/function 'a']", ["7:13: ! begins a tag, and policies are plain data: put a text that begins with ! in quotes, else remove the tag"]],
  ["alias of nothing", "protected: [*a]", ["7:13: protected[0]: *a is an alias of nothing: no &a stands before it, and a text that begins with * must be in quotes"]],
  ["second document", "---\nversion: 1", ["7:1: a second document begins here (---): one file holds one"]],
  ["open quote", 'protected: "a', ['7:12: no " closes the text that begins here: write it at its end']],
];

test.each(BAD)("%s", async (_name, sections, expected) => {
  expect(await problemsOf({ "p.yaml": MINIMAL + sections })).toEqual(
    expected.map((problem) => `p.yaml:${problem}`),
  );
});

/** Targets: what is written instead of a line of MINIMAL. */
// biome-ignore format: one row a case
const BAD_TARGETS: [string, [string, string], string][] = [
  ["version of the future", ["version: 1", "version: 2"], "1:10: version: must be 1, not 2"],
  ["version as text", ["version: 1", 'version: "1"'], '1:10: version: must be 1, not "1"'],
  ["no version", ["version: 1", ""], '2:1: "version" is missing'],
  ["no name", ["  name: test\n", ""], '2:1: target: "name" is missing'],
  ["unknown provider", ["journeyapps", "journeyaps"], '4:13: target.provider: "journeyaps" is not one of journeyapps, slingr, corporateacademy: did you mean "journeyapps"?'],
  ["plain http", ["https:", "http:"], "5:8: target.url: must begin with https://; http is for this machine only (localhost, 127.0.0.1)"],
  ["another scheme", ["https:", "ftp:"], "5:8: target.url: must begin with https://"],
  ["a dot behind the host", ["example.com/", "example.com./"], "5:8: target.url: has a dot behind its host, // in its path or an escape that nothing needs: write it plainly, as the backend shows it"],
  ["// in the path", ["v4/1", "v4//1"], "5:8: target.url: has a dot behind its host, // in its path or an escape that nothing needs: write it plainly, as the backend shows it"],
  ["a needless escape", ["v4/1", "v4/%31"], "5:8: target.url: has a dot behind its host, // in its path or an escape that nothing needs: write it plainly, as the backend shows it"],
  ["half a URL", ["https://example.com/api/v4/1", "example.com"], "5:8: target.url: is not a URL: write it in full, as https://host/path"],
  ["credentials in the URL", ["example.com", "me:hunter2@example.com"], "5:8: target.url: must not hold credentials: name them under target.credentials"],
  ["query in the URL", ["v4/1", "v4/1?token=hunter2"], "5:8: target.url: must not have a query or a fragment: end it after the path"],
  ["fragment in the URL", ["v4/1", "v4/1#hunter2"], "5:8: target.url: must not have a query or a fragment: end it after the path"],
  ["secret for a reference", ["env:TOKEN", "hunter2"], "6:16: target.credentials: is not a reference: write env:NAME or aws-secret:NAME, never the secret itself"],
  ["secret in a list", ["env:TOKEN", "[env:TOKEN, hunter2]"], "6:28: target.credentials[1]: is not a reference: write env:NAME or aws-secret:NAME, never the secret itself"],
  ["no reference", ["env:TOKEN", "[]"], "6:3: target.credentials: must not be empty"],
  ["mapping for a reference", ["env:TOKEN", "{ env: hunter2 }"], "6:3: target.credentials: expects one reference or a list"],
  ["secret under a key of its own", ["credentials: env:TOKEN", "credentials: env:TOKEN\n  token: hunter2"], '7:3: target: unknown key "token"'],
  ["ledger", ["credentials:", "ledger: gs://bucket\n  credentials:"], "6:11: target.ledger: is not a ledger: write a folder or s3://bucket/prefix"],
  ["placeholder in the url", ["api/v4/1", "api/v4/${DEPLOYMENT}"], "5:8: target.url: holds a placeholder that nobody filled in: write what it stands for"],
  ["placeholder for the host", ["example.com", "<host>"], "5:8: target.url: holds a placeholder that nobody filled in: write what it stands for"],
  ["ledger ~/x", ["credentials:", "ledger: ~/x\n  credentials:"], "6:11: target.ledger: is not a ledger: write a folder or s3://bucket/prefix"],
  ["ledger https://example.com/x", ["credentials:", "ledger: https://example.com/x\n  credentials:"], "6:11: target.ledger: is not a ledger: write a folder or s3://bucket/prefix"],
  ["ledger s3:/x", ["credentials:", "ledger: s3:/x\n  credentials:"], "6:11: target.ledger: is not a ledger: write a folder or s3://bucket/prefix"],
  ["ledger arn:aws:s3:::x", ["credentials:", "ledger: arn:aws:s3:::x\n  credentials:"], "6:11: target.ledger: is not a ledger: write a folder or s3://bucket/prefix"],
  ["ledger $HOME/x", ["credentials:", "ledger: $HOME/x\n  credentials:"], "6:11: target.ledger: is not a ledger: write a folder or s3://bucket/prefix"],
  ["ledger file:///x", ["credentials:", "ledger: file:///x\n  credentials:"], "6:11: target.ledger: is not a ledger: write a folder or s3://bucket/prefix"],
  ["ledger s3://bucket/$X", ["credentials:", "ledger: s3://bucket/$X\n  credentials:"], "6:11: target.ledger: is not a ledger: write a folder or s3://bucket/prefix"],
  ["no requests", ["credentials:", "requestsPerSecond: 0\n  credentials:"], "6:22: target.requestsPerSecond: 0 is too small: more than 0"],
];

test.each(BAD_TARGETS)("target: %s", async (_name, [from, to], expected) => {
  const problems = await problemsOf({ "p.yaml": MINIMAL.replace(from, to) });
  expect(problems).toEqual([`p.yaml:${expected}`]);
  expect(problems.join("\n")).not.toContain("hunter2");
});

test("problems of all files and of all kinds come at once, in order, each once", async () => {
  const bad = `${MINIMAL}include: [shared/f.yaml]
sessions: { maxAge: 3 d }
exceptions:
  - { group: nobody, rule: devices.allowed, reason: a, owner: b, until: 2027-01-01 }
`;
  const files = {
    "b.yaml": bad.replace("name: test", "name: other").replace("v4/1", "v4/2"),
    "a.yaml": bad,
    "shared/f.yaml": "users:\n  locked: []\nrollout: 4\n",
    "c.yaml": "a: [",
  };
  const own = [
    '8:21: sessions.maxAge: "3 d" is not a duration: write 3d (units m, h, d, w)',
    '10:14: exceptions[0].group: there is no group "nobody"',
  ];
  expect(await problemsOf(files)).toEqual([
    ...own.map((problem) => `a.yaml:${problem}`),
    ...own.map((problem) => `b.yaml:${problem}`),
    expect.stringMatching(/^c\.yaml:1:4: no \] closes the \[/),
    "shared/f.yaml:2:3: users.locked: is empty, which lifts every lock of ours: write allowEmpty: true beside it if that is meant",
    'shared/f.yaml:3:1: "rollout" belongs in the policy file itself, not in an included fragment',
  ]);
});

test("nothing is concluded from what was left out as faulty", async () => {
  const sections = `groups:
  staff: { members: [5] }
  crew: 7
exceptions:
  - { group: crew, rule: devices.allowed, reason: a, owner: b, until: 2027-01-01 }
  - { group: staff, rule: devices.allowed, reason: a, owner: b, until: 2027-06-01 }
limits: { exceptionsLast: 1 year }
users: { locked: [{ user: a }] }
`;
  expect(await problemsOf({ "p.yaml": MINIMAL + sections })).toEqual([
    'p.yaml:8:22: groups.staff.members[0]: 5 is read as a number: put it in quotes, "5"',
    "p.yaml:9:9: groups.crew: expects keys and values, not 7",
    'p.yaml:13:27: limits.exceptionsLast: "1 year" is not a duration: write 30d (units m, h, d, w)',
    'p.yaml:14:19: users.locked[0]: "reason" is missing',
  ]);
});

test("two policies for one target or one deployment", async () => {
  const files = {
    "a.yaml": MINIMAL,
    "b.yaml": MINIMAL.replace("v4/1", "v4/2"),
    "c.yaml": MINIMAL.replace("name: test", "name: other").replace(
      "https://example.com/api/v4/1",
      "HTTPS://EXAMPLE.com:443/api/v4/1/",
    ),
  };
  expect(await problemsOf(files)).toEqual([
    "b.yaml:3:9: target.name: this target has a policy already, at a.yaml:3",
    "c.yaml:5:8: target.url: this deployment has a policy already, at a.yaml:5",
  ]);
});

test("a raise of each key that its limit lacks, by the defaults or as it is written", async () => {
  const raise = (type: string, keys: string) =>
    `    - { type: ${type}, ${keys}, until: 2026-12-01, reason: a }\n`;
  const all = "max: 9, percent: 9, perRun: 9";
  const types = ["lock", "unlock", "re-authenticate", "wipe"];
  const sections = `limits:\n  raise:\n${types.map((type) => raise(type, all)).join("")}`;
  const told = async (text: string) => {
    const problems = await problemsOf({ "p.yaml": MINIMAL + text });
    return problems.map((problem) => {
      const said =
        /^p\.yaml:(\d+):\d+: limits\.raise\[\d\]\.\w+: raises (\w+), and limits\.(\S+) has none: /;
      return said.exec(problem)?.slice(1).join(" ") ?? problem;
    });
  };
  expect(await told(sections)).toEqual([
    "9 perRun lock",
    "10 perRun unlock",
    "11 max re-authenticate",
    "12 percent wipe",
    "12 perRun wipe",
  ]);
  const written = "  lock: { perRun: 5 }\n  wipe: { percent: 5, perRun: 5 }\n";
  expect(await told(sections + written)).toEqual(["10 perRun unlock", "11 max re-authenticate"]);
});
