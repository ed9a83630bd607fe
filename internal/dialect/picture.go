package dialect

import (
	"math"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/internal/jsonscan"
	"github.com/sluice-gateway/sluice/internal/llm"
)

// Measures reads a size such as 1024x768; false when it says none.
func Measures(size llm.Raw) (width, height int, ok bool) {
	s, _ := jsonscan.String(size)
	w, h, _ := strings.Cut(s, "x")
	width, err := strconv.Atoi(w)
	height, bad := strconv.Atoi(h)
	return width, height, err == nil && bad == nil && width > 0 && height > 0
}

// Aspect gives the one of these ratios (16:9) that a task's size or ratio is nearest to;
// "" when it asks for none.
func Aspect(t *llm.Task, ratios ...string) string {
	if s, ok := jsonscan.String(t.Asked(llm.ParamAspect)); ok {
		return s
	}
	width, height, ok := Measures(t.Asked(llm.ParamSize))
	if !ok {
		return ""
	}
	best, least := "", math.MaxFloat64
	for _, ratio := range ratios {
		a, b, _ := strings.Cut(ratio, ":")
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		if d := math.Abs(math.Log(x / y * float64(height) / float64(width))); d < least {
			best, least = ratio, d
		}
	}
	return best
}

// PictureCount gives how many images are wanted.
func PictureCount(t *llm.Task) int64 {
	n, ok := jsonscan.Int(t.Asked(llm.ParamN))
	if !ok || n < 1 {
		return 1
	}
	return n
}
