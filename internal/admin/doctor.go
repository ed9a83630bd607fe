package admin

import (
	"time"

	"github.com/sluice-gateway/sluice/internal/audit"
	"github.com/sluice-gateway/sluice/internal/doctor"
	"github.com/sluice-gateway/sluice/internal/store"
)

// Diagnosis is what the doctor found.
type Diagnosis struct {
	Level    doctor.Level     `json:"level" enum:"ok,warning,problem" doc:"The worst of the findings."`
	Time     time.Time        `json:"time"`
	Version  string           `json:"version"`
	Findings []doctor.Finding `json:"findings" doc:"The worst first."`
	Backup   *LastBackup      `json:"last_backup" doc:"The newest backup that came to its end; null = the audit log tells of none."`
}

// LastBackup is a backup that was made.
type LastBackup struct {
	Time time.Time `json:"time"`
	By   string    `json:"by"`
}

func (a *api) doctorRoutes() []route {
	return []route{
		long(read(admins, get, "/doctor", "getDiagnosis", "Look for what is commonly wrong with the gateway and where it runs, and say how to mend it. Every provider is called once.", nil, a.getDiagnosis)),
	}
}

func (a *api) getDiagnosis(c *call) (d Diagnosis, err error) {
	if a.Diagnose == nil {
		return d, notServing()
	}
	a.diagnosing.Lock()
	defer a.diagnosing.Unlock()
	if err := c.ctx().Err(); err != nil {
		return d, err
	}
	d.Findings = notNil(a.Diagnose(c.ctx()))
	d.Level, d.Time, d.Version = doctor.Worst(d.Findings), a.now(), a.Version
	made, err := a.Store.Audit(c.ctx(), store.AuditQuery{Action: "backup.create", Outcome: audit.OK, Limit: 1})
	if err == nil && len(made.Events) > 0 {
		d.Backup = &LastBackup{Time: made.Events[0].Time, By: made.Events[0].Actor.Name}
	}
	return d, nil // a store that is away is one of the findings
}
