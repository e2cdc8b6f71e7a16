BEGIN TRANSACTION;
CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash BLOB NOT NULL);
INSERT INTO "entry" VALUES(1,'{"at":"2025-02-28T09:00:00.000000Z","changes":[{"after":"Unsubscribed","before":"Subscribed","kind":"consent","name":"mkt_flag","personal":false,"readable":true},{"after":"82\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202221","before":"82\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u202278","kind":"ci","name":"phone_number","personal":true,"readable":true,"seal":"1339837ac8a6fb5e62cb9ad8b5971932da672ecf651fd78441a80bc0b2bc403c"}],"connection":"shop","environment":"production","evidence":"call record 7","generation":"v1","job":null,"kind":"intent","operator":{"host":"bastion-1","pid":4711,"ssh":"203.0.113.7","sudo_user":"alice","user":"root"},"program":"0.1.0","reason":"CS-1: \uace0\uac1d \uc694\uccad","subject":{"handle":"u-1","kind":"user_id","personal":false,"value":"u-1"},"undo_of":null,"warnings":["production"],"write":"w1"}',X'0782B34FC1B16E1D58380D14074E9021750C78196B2CEA371E92F1035238E254');
INSERT INTO "entry" VALUES(2,'{"at":"2025-02-28T09:00:00.000000Z","changes":[{"after":"Subscribed","before":"Undefined","kind":"consent","name":"night_flag","personal":false,"readable":true}],"connection":"shop","environment":"production","evidence":"call record 7","generation":"v1","job":null,"kind":"intent","operator":{"host":"bastion-1","pid":null,"ssh":null,"sudo_user":null,"user":"bob"},"program":"0.1.0","reason":"CS-1: \uace0\uac1d \uc694\uccad","subject":{"handle":"u-2","kind":"user_id","personal":false,"value":"u-2"},"undo_of":null,"warnings":["production"],"write":"w1"}',X'A1F2152C006D806AAFD8D76AD4BAEDAF564E129FDC4C9681D2D337C36FB96E68');
INSERT INTO "entry" VALUES(3,'{"at":"2025-02-28T09:00:00.000000Z","by":null,"code":null,"ending":"confirmed","fields":[],"intent":1,"kind":"outcome","message":"","previous":null}',X'27512AEEF624550FD28E0EC3190FF489A70750DA18B84E68A57CD67FD303C0E5');
INSERT INTO "entry" VALUES(4,'{"at":"2025-02-28T09:00:00.000000Z","by":null,"code":"5003","ending":"not-applied","fields":[{"code":"5003","ending":"not-applied","kind":"consent","message":"no such user","name":"night_flag","now":"Undefined","personal":false,"read_back":true}],"intent":2,"kind":"outcome","message":"no such user","previous":null}',X'F13DA100F6476055BA02027448C7A349559682703EA0183E8DC41B79C7BD66C9');
INSERT INTO "entry" VALUES(5,'{"at":"2025-03-01T09:00:00.000000Z","changes":[{"after":["a","b"],"before":null,"kind":"property","name":"grade","personal":false,"readable":false}],"connection":"bank","environment":"production","evidence":"","generation":"v1","job":"w2/7","kind":"intent","operator":{"host":"bastion-2","pid":null,"ssh":null,"sudo_user":null,"user":"carol"},"program":"0.1.0","reason":"CS-1: \uace0\uac1d \uc694\uccad","subject":{"handle":"u-2","kind":"user_id","personal":false,"value":"u-2"},"undo_of":2,"warnings":[],"write":"w2"}',X'D8198DF7729C738FF25CB03156FEBBF5A8D59A54A4212C520BFB69EE3568E5E3');
INSERT INTO "entry" VALUES(6,'{"at":"2025-03-01T09:00:00.000000Z","changes":[{"after":"Unsubscribed","before":"Subscribed","kind":"consent","name":"mkt_flag","personal":false,"readable":true}],"connection":"shop","environment":"production","evidence":"call record 7","generation":"v1","job":null,"kind":"intent","operator":{"host":"bastion-2","pid":null,"ssh":null,"sudo_user":null,"user":"carol"},"program":"0.1.0","reason":"CS-1: \uace0\uac1d \uc694\uccad","subject":{"handle":"#b11b96aa392e1900a27278d80acd0de915e9ca659bb9ce43a046eef9ae6f54eb","kind":"email","personal":true,"seal":"c260b011a65422c56eba425f532cabaff55a6f721e4cbf11f02af24754926b0a","value":"l\u2022\u2022@example.com"},"undo_of":null,"warnings":["production"],"write":"w2"}',X'B83AB2D7A88CB67F49BC4012F850E06EA08479A05C590A9A1A8865FE7DBF13B2');
INSERT INTO "entry" VALUES(7,'{"at":"2025-03-01T09:00:00.000000Z","changes":[{"after":"Unsubscribed","before":"Subscribed","kind":"consent","name":"mkt_flag","personal":false,"readable":true}],"connection":"shop","environment":"production","evidence":"call record 7","generation":"v1","job":null,"kind":"intent","operator":{"host":"bastion-9","pid":4711,"ssh":"203.0.113.7","sudo_user":"alice","user":"root"},"program":"0.1.0","reason":"CS-1: \uace0\uac1d \uc694\uccad","subject":{"handle":"u-4","kind":"user_id","personal":false,"value":"u-4"},"undo_of":null,"warnings":["production"],"write":"w1"}',X'53468CBD08B80F9DD479E8DA1D39B3F6887A3137ACC7175E40607EA1C75D67B0');
INSERT INTO "entry" VALUES(8,'{"at":"2025-03-01T09:00:00.000000Z","changes":[{"after":"Unsubscribed","before":"Subscribed","kind":"consent","name":"mkt_flag","personal":false,"readable":true}],"connection":"shop","environment":"production","evidence":"call record 7","generation":"v1","job":null,"kind":"intent","operator":{"host":"bastion-1","pid":4711,"ssh":"203.0.113.7","sudo_user":"alice","user":"root"},"program":"0.1.0","reason":"CS-1: \uace0\uac1d \uc694\uccad","subject":{"handle":"u-5","kind":"user_id","personal":false,"value":"u-5"},"undo_of":null,"warnings":["production"],"write":"w1"}',X'0459EC4F2E5CF04555935E11B3DACFAB16DE18F85C1C4EF3C1210837A3B7BEB3');
INSERT INTO "entry" VALUES(9,'{"at":"2025-03-01T09:00:00.000000Z","changes":[{"after":"Unsubscribed","before":"Subscribed","kind":"consent","name":"mkt_flag","personal":false,"readable":true},{"after":"Unsubscribed","before":"Subscribed","kind":"consent","name":"night_flag","personal":false,"readable":true}],"connection":"shop","environment":"production","evidence":"call record 7","generation":"v1","job":null,"kind":"intent","operator":{"host":"bastion-1","pid":4711,"ssh":"203.0.113.7","sudo_user":"alice","user":"root"},"program":"0.1.0","reason":"CS-1: \uace0\uac1d \uc694\uccad","subject":{"handle":"u-3","kind":"user_id","personal":false,"value":"u-3"},"undo_of":null,"warnings":["production"],"write":"w3"}',X'A35DD3F500777C93EA2C98E8EBA8F58BBC02C0A73193EDF26BC093329CB85F00');
INSERT INTO "entry" VALUES(10,'{"at":"2025-03-01T09:00:00.000000Z","by":null,"code":null,"ending":"unknown","fields":[],"intent":5,"kind":"outcome","message":"","previous":null}',X'728880806690133B1416146578128B8337743406D1DA7F2623AF1D1EBAE7C09D');
INSERT INTO "entry" VALUES(11,'{"at":"2025-03-01T09:00:00.000000Z","by":{"host":"bastion-1","pid":null,"ssh":null,"sudo_user":null,"user":"bob"},"code":null,"ending":"changed-by-other","fields":[{"code":null,"ending":"changed-by-other","kind":"property","message":"","name":"grade","now":["c"],"personal":false,"read_back":true}],"intent":5,"kind":"outcome","message":"","previous":10}',X'5401AA68389D9B1A236B6AF194F9C3DB11537F3263C2144E3314F24A1AE461FD');
INSERT INTO "entry" VALUES(12,'{"at":"2025-03-02T09:00:00.000000Z","before":"2025-03-01T09:00:00.000000Z","count":1,"kind":"drop"}',X'DD291993EBF304ADD040C5B7207BB7D871960C934B3C2442B4C38DE96203B785');
INSERT INTO "entry" VALUES(13,'{"at":"2025-02-27T09:00:00.000000Z","changes":[{"after":null,"before":"Subscribed","kind":"consent","name":"mkt_flag","personal":false,"readable":true}],"connection":"shop","environment":"production","evidence":"call record 7","generation":"v1","job":null,"kind":"intent","operator":{"host":"bastion-1","pid":4711,"ssh":"203.0.113.7","sudo_user":"alice","user":"root"},"program":"0.1.0","reason":"CS-1: \uace0\uac1d \uc694\uccad","subject":{"handle":"u-1","kind":"user_id","personal":false,"value":"u-1"},"undo_of":null,"warnings":["production"],"write":"w4"}',X'82C8895AE0EB37668860AA250FC77E34021F02A1571B89CFC1532975526C9C46');
INSERT INTO "entry" VALUES(14,'{"at":"2025-03-02T09:00:00.000000Z","by":null,"code":null,"ending":"accepted","fields":[],"intent":13,"kind":"outcome","message":"","previous":null}',X'9BE4B5C5DB5F1706BB5FFCB5A0461ED9CA6E7EC5A48F5A7D871D8A467625669A');
CREATE TABLE head (
            one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL, hash BLOB NOT NULL,
            at TEXT NOT NULL, dropped TEXT NOT NULL,
            key_id BLOB, since INTEGER, signed INTEGER, signature BLOB);
INSERT INTO "head" VALUES(1,14,X'9BE4B5C5DB5F1706BB5FFCB5A0461ED9CA6E7EC5A48F5A7D871D8A467625669A','2025-03-02T09:00:00.000000Z','2025-03-01T09:00:00.000000Z',X'14345DB35B5BAA19',1,14,X'0EE4880734C13C3BAF5D257FAB9E1A18B6E5E3FFB0B13DC705693EB58B1F4F36');
CREATE TABLE sealed (
            seq INTEGER NOT NULL, slot INTEGER NOT NULL, nonce BLOB NOT NULL, ciphertext BLOB NOT NULL,
            PRIMARY KEY (seq, slot)) WITHOUT ROWID;
INSERT INTO "sealed" VALUES(6,-1,X'2AE71A2C5B1F5AA152065D5C',X'BDB7A63BE1E056565EF78D4E4611B2FF9F162EB9E31F80C32DE38E5AC7F4932DF3');
CREATE TABLE shape (
            id INTEGER PRIMARY KEY, connection TEXT NOT NULL, operator TEXT NOT NULL,
            sudo_user TEXT NOT NULL, flags TEXT NOT NULL, outcome TEXT NOT NULL,
            UNIQUE (connection, operator, sudo_user, flags, outcome));
INSERT INTO "shape" VALUES(1,'shop','root','alice',' mkt_flag ','');
INSERT INTO "shape" VALUES(2,'shop','bob','',' night_flag ','');
INSERT INTO "shape" VALUES(3,'shop','root','alice',' mkt_flag ','confirmed');
INSERT INTO "shape" VALUES(4,'shop','bob','',' night_flag ','not-applied');
INSERT INTO "shape" VALUES(5,'bank','carol','','','');
INSERT INTO "shape" VALUES(6,'shop','carol','',' mkt_flag ','');
INSERT INTO "shape" VALUES(7,'shop','root','alice',' mkt_flag night_flag ','');
INSERT INTO "shape" VALUES(8,'bank','carol','','','unknown');
INSERT INTO "shape" VALUES(9,'bank','carol','','','changed-by-other');
INSERT INTO "shape" VALUES(10,'shop','root','alice',' mkt_flag ','accepted');
CREATE TABLE state (
            seq INTEGER PRIMARY KEY, user TEXT NOT NULL, "write" TEXT NOT NULL,
            shape INTEGER NOT NULL, outcome INTEGER);
INSERT INTO "state" VALUES(1,'u-1','w1',3,3);
INSERT INTO "state" VALUES(2,'u-2','w1',4,4);
INSERT INTO "state" VALUES(5,'u-2','w2',9,11);
INSERT INTO "state" VALUES(6,'#b11b96aa392e1900a27278d80acd0de915e9ca659bb9ce43a046eef9ae6f54eb','w2',6,NULL);
INSERT INTO "state" VALUES(7,'u-4','w1',1,NULL);
INSERT INTO "state" VALUES(8,'u-5','w1',1,NULL);
INSERT INTO "state" VALUES(9,'u-3','w3',7,NULL);
INSERT INTO "state" VALUES(13,'u-1','w4',10,14);
CREATE TABLE step (seq INTEGER PRIMARY KEY);
INSERT INTO "step" VALUES(13);
CREATE INDEX state_shape ON state (shape);
CREATE INDEX state_user ON state (user, shape);
CREATE INDEX state_write ON state ("write", shape);
COMMIT;
PRAGMA application_id = 1684434538;
PRAGMA user_version = 1;
