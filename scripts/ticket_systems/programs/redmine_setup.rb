# Fills an empty database with what a support team has: a project that takes reports and one that does not, a user
# who may report there, one who may only look, and one who looks after it all. Prints their keys as JSON.
require "json"
require_relative "redmine_application"

# What a reporter needs and no more: whoever may create or add a note may upload, and has no right of its own for it.
READS = %i[view_issues].freeze
WRITES = %i[add_issues add_issue_notes].freeze

def user(login, admin: false)
  user = User.new(firstname: login, lastname: "Example", mail: "#{login}@example.com", language: "en",
                  mail_notification: "none", admin: admin)
  user.login = login
  user.random_password
  user.save!
  user
end

def role(name, permissions)
  Role.create!(name: name, permissions: permissions, issues_visibility: "all")
end

def project(identifier, name, roles)
  project = Project.new(identifier: identifier, name: name, is_public: false,
                        enabled_module_names: %w[issue_tracking], trackers: Tracker.all)
  project.save!
  roles.each { |user, role| Member.create!(project: project, principal: user, roles: [role]) }
end

ActiveRecord::Migration.verbose = false
ActiveRecord::MigrationContext.new(Rails.root.join("db/migrate").to_s, ActiveRecord::SchemaMigration).migrate
ActiveRecord::Base.descendants.each(&:reset_column_information) # read before there were tables
Redmine::DefaultData::Loader.load("en")
Setting.rest_api_enabled = 1
Setting.notified_events = [] # nobody gets mail

reporter, reader, lead = user("reporter"), user("reader"), user("lead", admin: true)
looks, reports = role("Looks", READS), role("Reports", READS + WRITES)
project("support", "Support", reporter => reports, reader => looks)
project("closed-shop", "Closed shop", reporter => looks)
keys = [reporter, reader, lead].to_h { |user| [user.login, user.api_key] }
puts JSON.generate(keys.merge("closed" => IssueStatus.find_by!(name: "Closed", is_closed: true).id.to_s))
