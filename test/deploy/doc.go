// Package deploy holds what is deployed to its promises without a container engine, as
// tests: docker-compose.yml, and the dashboards and alerts in folder deploy.
package deploy
