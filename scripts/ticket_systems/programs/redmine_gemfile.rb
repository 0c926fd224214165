# Redmine's own list names a database only after it has found the settings of an instance at Debian's place.
eval_gemfile "/usr/share/redmine/Gemfile"
gem "sqlite3" if dependencies.none? { |dependency| dependency.name == "sqlite3" }
