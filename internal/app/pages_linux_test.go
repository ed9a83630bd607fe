package app

import "testing"

func TestOnlyPagesThatCannotHaveBeenWrittenAreLeft(t *testing.T) {
	for line, want := range map[string]bool{
		"00400000-01c75000 r-xp 00000000 fe:00 9986073                            /bin/sluice": true,
		"01c75000-036c3000 r--p 01875000 fe:00 9986073                            /bin/sluice": true,
		"036c3000-037e1000 rw-p 032c3000 fe:00 9986073                            /bin/sluice": false,
		"00400000-01c75000 r-xs 00000000 fe:00 9986073                            /bin/sluice": false,
		"00400000-01c75000 r-xp 00000000 fe:00 9986073                            /bin/other":  false,
		"35b307c00000-35b309400000 rw-p 00000000 00:00 0":                                      false,
		"zz-01c75000 r-xp 00000000 fe:00 9986073 /bin/sluice":                                  false,
		"": false,
	} {
		from, to, ok := cleanPages([]byte(line), "/bin/sluice")
		if ok != want || ok && to <= from {
			t.Errorf("%q: %x %x %v", line, from, to, ok)
		}
	}
	leavePages() // the test's own code is still there
}
