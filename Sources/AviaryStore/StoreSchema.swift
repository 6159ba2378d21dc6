import GRDB

/// The tables of a store.
enum StoreSchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      // A split's samples, once for all runs on it. Labels are 32-bit integers, little-endian.
      try db.execute(
        sql: """
          CREATE TABLE dataset (
            id INTEGER PRIMARY KEY,
            hash TEXT NOT NULL UNIQUE,
            ids TEXT NOT NULL,
            labels BLOB NOT NULL
          );
          CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL,
            identity TEXT NOT NULL,
            dataset INTEGER NOT NULL REFERENCES dataset(id),
            model TEXT NOT NULL,
            file TEXT NOT NULL,
            shardIndex INTEGER NOT NULL,
            shardCount INTEGER NOT NULL,
            batch INTEGER NOT NULL,
            expected INTEGER NOT NULL,
            unlabelled TEXT NOT NULL,
            -- raw: rows as the model gave them; scores: rows as records have them.
            form TEXT NOT NULL,
            isFinished INTEGER NOT NULL,
            owner TEXT,
            started TEXT NOT NULL,
            updated REAL NOT NULL,
            run TEXT,
            accuracy REAL
          );
          CREATE INDEX runByKey ON run(key, isFinished);
          -- Positions are 32-bit integers, rows 32-bit floats, both little-endian.
          CREATE TABLE batch (
            run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            positions BLOB NOT NULL,
            columns INTEGER NOT NULL,
            rows BLOB NOT NULL,
            skipped TEXT NOT NULL,
            milliseconds REAL NOT NULL,
            PRIMARY KEY (run, number)
          ) WITHOUT ROWID;
          """)
    }
    return migrator
  }
}
