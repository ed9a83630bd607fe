package intent_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluice-gateway/sluice/internal/intent"
)

// model is a scripted embedding model: texts that hold the same of its words are near.
type model struct {
	calls atomic.Int64
	texts atomic.Int64
	takes time.Duration // for each call
	fails atomic.Bool
	most  int // texts at once; 0 = any number
}

var words = []string{"law", "code", "food"}

func (m *model) embed(ctx context.Context, texts []string) ([][]float32, error) {
	m.calls.Add(1)
	m.texts.Add(int64(len(texts)))
	if m.takes > 0 {
		select {
		case <-time.After(m.takes):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if m.fails.Load() || m.most > 0 && len(texts) > m.most {
		return nil, errors.New("refused")
	}
	out := make([][]float32, len(texts))
	for i, text := range texts {
		v := make([]float32, len(words)+1)
		v[len(words)] = 0.3 // what all texts have in common
		for j, w := range words {
			v[j] = 7 * float32(strings.Count(text, w)) // no vector has length 1
		}
		out[i] = v
	}
	return out, nil
}

var examples = map[string][]string{"legal": {"law, I say", "the law"}, "code": {"code"}}

func options() intent.Options {
	return intent.Options{Examples: examples, Threshold: 0.5, Wait: 300 * time.Millisecond, Counts: new(intent.Counts)}
}

// inBubble runs a test in a time of its own, with a classifier that has ended at its end.
func inBubble(t *testing.T, o intent.Options, run func(t *testing.T, c *intent.Classifier)) {
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancel(t.Context())
		c := intent.New(life, o)
		run(t, c)
		end()
		c.Wait()
	})
}

func TestATextHasTheIntentOfItsNearestExample(t *testing.T) {
	inBubble(t, options(), func(t *testing.T, c *intent.Classifier) {
		m := &model{}
		for text, want := range map[string]string{
			"what does the law say?":       "legal",
			"code with a law in it, code.": "code",
			"food":                         "",
			"":                             "",
		} {
			if got := c.Tell(t.Context(), "", text, m.embed); got != want {
				t.Errorf("%q is %q, want %q", text, got, want)
			}
		}
	})
}

func TestTheThresholdDecidesWhatIsNearEnough(t *testing.T) {
	for least, want := range map[float64]string{0.5: "legal", 0.72: "", 0.7: "legal"} { // the cosine is about 0.708
		o := options()
		o.Threshold = least
		inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
			if got := c.Tell(t.Context(), "", "law food", (&model{}).embed); got != want {
				t.Errorf("%v: %q", least, got)
			}
		})
	}
	o := options()
	o.Threshold = 1
	inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
		if got := c.Tell(t.Context(), "", "the law", (&model{}).embed); got != "legal" {
			t.Errorf("an example itself is %q", got)
		}
	})
}

func TestATextIsEmbeddedOnceAndTheExamplesToo(t *testing.T) {
	o := options()
	inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
		m := &model{takes: 10 * time.Millisecond}
		done := make(chan string)
		for range 20 {
			go func() { done <- c.Tell(t.Context(), "", "law", m.embed) }()
		}
		for range 20 {
			if got := <-done; got != "legal" {
				t.Errorf("one is told %q", got)
			}
		}
		for range 5 {
			c.Tell(t.Context(), "", "law", m.embed)
		}
		if m.calls.Load() != 2 || m.texts.Load() != 4 {
			t.Errorf("%d texts in %d calls", m.texts.Load(), m.calls.Load())
		}
		if n := o.Counts; n.Embedded.Load() != 20 || n.Of("remembered") != 5 || n.Of("late")+n.Of("failed")+n.Of("skipped") != 0 {
			t.Errorf("counts: %d embedded, %d remembered", n.Of("embedded"), n.Of("remembered"))
		}
		c.Tell(t.Context(), "another", "law", m.embed)
		if m.calls.Load() != 3 {
			t.Error("one scope is told what another has asked for")
		}
	})
}

func TestOnlyTheLastTextsAreRemembered(t *testing.T) {
	o := options()
	o.Remembered = 2
	inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
		m := &model{}
		for _, text := range []string{"law 1", "law 2", "law 1", "law 3"} {
			c.Tell(t.Context(), "", text, m.embed)
		}
		for text, want := range map[string]bool{"law 1": true, "law 2": false, "law 3": true, "never": false} {
			if _, ok := c.Recall("", text); ok != want {
				t.Errorf("%s is remembered: %v", text, ok)
			}
		}
	})
}

func TestACallWaitsNoLongerThanItShallAndTheNextOneIsTold(t *testing.T) {
	o := options()
	inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
		m := &model{takes: 2 * time.Second}
		began := time.Now()
		if got := c.Tell(t.Context(), "", "law", m.embed); got != "" || time.Since(began) != 300*time.Millisecond {
			t.Errorf("%q after %s", got, time.Since(began))
		}
		if got := c.Tell(t.Context(), "", "law", m.embed); got != "" || time.Since(began) != 300*time.Millisecond {
			t.Errorf("who asks for what is late waits again: %q after %s", got, time.Since(began))
		}
		time.Sleep(5 * time.Second)
		if got := c.Tell(t.Context(), "", "law", m.embed); got != "legal" || m.calls.Load() != 2 {
			t.Errorf("%q after %d calls", got, m.calls.Load())
		}
		if o.Counts.Late.Load() != 1 || o.Counts.Skipped.Load() != 1 {
			t.Errorf("%d late, %d skipped", o.Counts.Late.Load(), o.Counts.Skipped.Load())
		}
	})
}

func TestACallerWhoLeavesIsNotWaitedFor(t *testing.T) {
	inBubble(t, options(), func(t *testing.T, c *intent.Classifier) {
		ctx, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer leave()
		began := time.Now()
		if got := c.Tell(ctx, "", "law", (&model{takes: time.Second}).embed); got != "" || time.Since(began) != 50*time.Millisecond {
			t.Errorf("%q after %s", got, time.Since(began))
		}
	})
}

func TestWhileTheModelIsAwayFewCallsWait(t *testing.T) {
	for name, m := range map[string]*model{"hanging": {takes: time.Hour}, "refusing": {}} {
		m.fails.Store(true)
		o := options()
		inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
			waited, asked := time.Duration(0), 0
			for i := range 600 { // a minute, ten calls a second
				at := time.Now()
				if got := c.Tell(t.Context(), "", fmt.Sprint("law ", i), m.embed); got != "" {
					t.Fatalf("%s: it is told %q", name, got)
				}
				if d := time.Since(at); d > 0 {
					waited, asked = waited+d, asked+1
				}
				time.Sleep(100*time.Millisecond - time.Since(at)%(100*time.Millisecond))
			}
			if waited > 4*time.Second || asked > 12 || m.calls.Load() > 40 || o.Counts.Skipped.Load() < 500 {
				t.Errorf("%s: %d calls waited %s, the model was asked %d times", name, asked, waited, m.calls.Load())
			}
		})
	}
}

func TestAModelThatComesBackIsAskedAgain(t *testing.T) {
	o := options()
	inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
		m := &model{}
		if got := c.Tell(t.Context(), "", "law 0", m.embed); got != "legal" {
			t.Fatal(got)
		}
		m.fails.Store(true)
		for i := range 20 {
			c.Tell(t.Context(), "", fmt.Sprint("law away ", i), m.embed)
		}
		if o.Counts.Failed.Load() != 3 || o.Counts.Skipped.Load() != 17 {
			t.Errorf("%d failed, %d skipped", o.Counts.Failed.Load(), o.Counts.Skipped.Load())
		}
		if got := c.Tell(t.Context(), "", "law 0", m.embed); got != "legal" {
			t.Errorf("what is remembered is forgotten: %q", got)
		}
		m.fails.Store(false)
		time.Sleep(999 * time.Millisecond)
		if got := c.Tell(t.Context(), "", "law early", m.embed); got != "" {
			t.Errorf("it is asked too early: %q", got)
		}
		time.Sleep(time.Millisecond)
		for i := range 3 {
			if got := c.Tell(t.Context(), "", fmt.Sprint("law back ", i), m.embed); got != "legal" {
				t.Errorf("%q", got)
			}
		}
		time.Sleep(time.Second)
	})
}

func TestTheClockIsTheOptionsOwn(t *testing.T) {
	now := time.Unix(0, 0)
	o := options()
	o.Now = func() time.Time { return now }
	life, end := context.WithCancel(t.Context())
	c, m := intent.New(life, o), &model{}
	defer c.Wait()
	defer end()
	m.fails.Store(true)
	for i := range 4 {
		c.Tell(t.Context(), "", fmt.Sprint("law ", i), m.embed)
	}
	m.fails.Store(false)
	if got := c.Tell(t.Context(), "", "law", m.embed); got != "" {
		t.Errorf("%q", got)
	}
	now = now.Add(time.Second)
	if got := c.Tell(t.Context(), "", "law", m.embed); got != "legal" {
		t.Errorf("%q", got)
	}
}

func TestAModelThatTakesOneTextAtATimeWillDo(t *testing.T) {
	inBubble(t, options(), func(t *testing.T, c *intent.Classifier) {
		m := &model{most: 1}
		if got := c.Tell(t.Context(), "", "law", m.embed); got != "legal" || m.calls.Load() != 5 {
			t.Errorf("%q after %d calls", got, m.calls.Load())
		}
	})
}

func TestManyExamplesAreEmbeddedInParts(t *testing.T) {
	o := options()
	o.Examples = map[string][]string{"legal": nil, "code": {"code"}}
	for i := range 99 {
		o.Examples["legal"] = append(o.Examples["legal"], fmt.Sprint("law ", i))
	}
	inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
		m := &model{}
		if got := c.Tell(t.Context(), "", "code", m.embed); got != "code" || m.texts.Load() != 101 || m.calls.Load() != 8 {
			t.Errorf("%q, %d texts in %d calls", got, m.texts.Load(), m.calls.Load())
		}
	})
}

func TestVectorsThatMakeNoSenseAreAFailure(t *testing.T) {
	zero := float32(0)
	for name, vectors := range map[string][][]float32{
		"none":      {},
		"too many":  {{1}, {1}, {1}, {1}},
		"not alike": {{1, 2}, {1}, {1}},
		"empty":     {{}, {}, {}},
		"zero":      {{0, 0}, {1, 1}, {1, 1}},
		"no number": {{zero / zero, 1}, {1, 1}, {1, 1}},
	} {
		o := options()
		inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
			got := c.Tell(t.Context(), "", "law", func(context.Context, []string) ([][]float32, error) {
				out := slices.Clone(vectors)
				for i := range out {
					out[i] = slices.Clone(out[i])
				}
				return out, nil
			})
			if got != "" || o.Counts.Failed.Load() != 1 {
				t.Errorf("%s: %q", name, got)
			}
		})
	}
}

func TestExamplesOfAnotherModelAreEmbeddedAnew(t *testing.T) {
	inBubble(t, options(), func(t *testing.T, c *intent.Classifier) {
		m := &model{}
		longer := func(ctx context.Context, texts []string) ([][]float32, error) {
			out, err := m.embed(ctx, texts)
			for i := range out {
				out[i] = append(out[i], 0)
			}
			return out, err
		}
		for i, want := range []string{"legal", "", "legal", "legal"} {
			embed := m.embed
			if i > 0 {
				embed = longer
			}
			if got := c.Tell(t.Context(), "", fmt.Sprint("law ", i), embed); got != want {
				t.Errorf("%d: %q", i, got)
			}
		}
	})
}

func TestNothingIsBegunAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancel(t.Context())
		c, m := intent.New(life, options()), &model{takes: time.Hour}
		go c.Tell(t.Context(), "", "law", m.embed)
		synctest.Wait()
		end()
		c.Wait() // what runs ends at once
		if got := c.Tell(t.Context(), "", "law again", m.embed); got != "" || m.calls.Load() != 2 {
			t.Errorf("%q after %d calls", got, m.calls.Load())
		}
	})
}

func TestTextsInFlightAreBounded(t *testing.T) {
	o := options()
	inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
		m := &model{takes: 200 * time.Millisecond}
		done := make(chan bool)
		for i := range 200 {
			go func() { c.Tell(t.Context(), "", fmt.Sprint("law ", i), m.embed); done <- true }()
		}
		for range 200 {
			<-done
		}
		if m.calls.Load() != 65 || o.Counts.Skipped.Load() != 136 {
			t.Errorf("%d calls, %d skipped", m.calls.Load(), o.Counts.Skipped.Load())
		}
	})
}

func TestACallersOwnTroubleRestsTheModelForNobody(t *testing.T) {
	o := options()
	inBubble(t, o, func(t *testing.T, c *intent.Classifier) {
		m := &model{}
		if got := c.Tell(t.Context(), "", "law 0", m.embed); got != "legal" {
			t.Fatal(got)
		}
		broke := func(context.Context, []string) ([][]float32, error) {
			return nil, errors.Join(intent.ErrOurs, errors.New("no money left"))
		}
		for i := range 20 {
			c.Tell(t.Context(), "poor", fmt.Sprint("law poor ", i), broke)
		}
		if got := c.Tell(t.Context(), "rich", "law rich", m.embed); got != "legal" {
			t.Errorf("another caller is told %q", got)
		}
	})
}
