# Redmine as its Debian package has it, set to start fast and to be patient with SQLite.
require "/usr/share/redmine/config/application"

# While C code waits for a lock no other thread of Ruby runs, not even the one that holds the lock. And a
# transaction that begins as a reader and finds another writer before it has to fail; it must begin as a writer.
module PatientSqlite
  PAUSE_SECONDS = 0.005
  PATIENCE = 6000 # pauses

  def configure_connection
    super
    @connection.busy_handler { |count| sleep(PAUSE_SECONDS) && count < PATIENCE }
  end

  def begin_db_transaction
    log("begin immediate transaction", "TRANSACTION") { @connection.transaction(:immediate) }
  end
end

ActiveSupport.on_load(:active_record_sqlite3adapter) { prepend PatientSqlite }

# What is never used need not be loaded: most of Redmine is pages for people.
Rails.application.config.before_initialize { |application| application.config.eager_load = false }

require "/usr/share/redmine/config/environment"
