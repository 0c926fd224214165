# How puma finds Redmine; in the instance's folder, beside what it requires.
require_relative "redmine_application"
run Rails.application
