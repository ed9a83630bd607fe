package record

// What tests outside of the package need to reach.

type File = file

func (o Options) WithCreate(create func(path string) (File, error)) Options {
	o.create = func(path string) (file, error) { return create(path) }
	return o
}

var CreateFile = createFile

const (
	FloodEach       = floodEach
	FloodSingles    = floodSingles
	FloodAggregates = floodAggregates
	BatchEntries    = batchEntries
	SweepStep       = sweepStep
)
