package semantic_test

import (
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache/semantic"
)

func TestTheGuardLetsPassWhatMeansTheSame(t *testing.T) {
	g := semantic.NewGuard()
	for _, p := range [][2]string{
		{"What is the capital of France?", "what's the capital city of france"},
		{"How do I reset my password?", "Can you tell me how to reset the password?"},
		{"How many people live in Japan?", "What is the population of Japan?"},
		{"Who invented the telephone?", "Who was the inventor of the telephone?"},
		{"When did World War II end?", "What year did WW2 end?"},
		{"Convert 5 km to miles", "Please convert 5 kilometers to miles."},
		{"Is it 3 pm in Rome?", "Is it 15:00 in Rome?"},
		{"What is 1,000 plus two hundred?", "What is 1000 + 200?"},
		{"Why is my flight on 2024-03-05 late?", "Why is my flight on March 5, 2024 late?"},
		{"How much is $5.00 in euros?", "How much is 5 dollars in euros?"},
		{"What's Germany's GDP?", "What is the GDP of Germany?"},
		{"Which is healthier, butter or margarine?", "Which is healthier, margarine or butter?"},
		{"How do I use `git stash`?", "How do I use git stash?"},
		{"What does this do?\n```go\nx := 1\n```", "What does this do?\n\n```go\nx := 1  \n```\n"},
		{"Wie viele Einwohner hat Rom?", "Kannst du mir sagen, wie viele Einwohner Rom hat?"},
		{"Pourquoi le ciel est-il bleu ?", "Pourquoi est-ce que le ciel est bleu ?"},
		{"¿Dónde está el Prado?", "Por favor, ¿dónde está el Prado?"},
		{"Quando è nato Dante?", "Puoi dirmi quando è nato Dante?"},
		{"Onde fica o Corcovado?", "Você pode me dizer onde fica o Corcovado?"},
		{"Waarom is de lucht blauw?", "Kun je me vertellen waarom de lucht blauw is?"},
		{"怎么煮米饭？", "请问如何煮米饭"},
		{"東京タワーの高さは？", "東京タワーの高さを教えてください"},
	} {
		if why, differ := g.Differ(p[0], p[1]); differ {
			t.Errorf("%q and %q: %s", p[0], p[1], why)
		}
	}
}

func TestTheGuardSaysWhyPromptsDiffer(t *testing.T) {
	g := semantic.NewGuard()
	for _, c := range []struct{ a, b, why string }{
		{"Transfer 100 dollars", "Transfer 1000 dollars", semantic.WhyNumber},
		{"What is Python 3.1?", "What is Python 3.10?", semantic.WhyNumber},
		{"Wake me in two hours", "Wake me in 3 hours", semantic.WhyNumber},
		{"Add 2 to 5", "Add 5 to 2", semantic.WhyNumber},
		{"How many moons does Mars have?", "How many moons does Saturn have?", semantic.WhyWord},
		{"Convert 5 kg to pounds", "Convert 5 kg to ounces", semantic.WhyWord},
		{"Write to a@example.com", "Write to b@example.com", semantic.WhyWord},
		{"What is in main.go?", "What is in main_test.go?", semantic.WhyWord},
		{"What does 😀 mean?", "What does 🙃 mean?", semantic.WhyWord},
		{"Is it legal to park here?", "Is it not legal to park here?", semantic.WhyNegation},
		{"Bread with salt", "Bread without salt", semantic.WhyNegation},
		{"Why can I log in?", "Why can't I log in?", semantic.WhyNegation},
		{"Is this possible?", "Is this impossible?", semantic.WhyOpposite},
		{"How do I zip a folder?", "How do I unzip a folder?", semantic.WhyOpposite},
		{"What to eat before a race", "What to eat after a race", semantic.WhyOpposite},
		{"What is a mortgage?", "What is a reverse mortgage?", semantic.WhyMore},
		{"Trains from Bonn to Ulm", "Trains from Ulm to Bonn", semantic.WhyDirection},
		{"A letter to my boss", "A letter from my boss", semantic.WhyDirection},
		{"Does the dog chase the cat?", "Does the cat chase the dog?", semantic.WhyOrder},
		{"Is milk chocolate good?", "Is chocolate milk good?", semantic.WhyOrder},
		{"Who killed Brutus?", "Who did Brutus kill?", semantic.WhyOrder},
		{"When was it built?", "Where was it built?", semantic.WhyQuestion},
		{"Should I stretch?", "How do I stretch?", semantic.WhyQuestion},
		{"When can I swim?", "When should I swim?", semantic.WhyQuestion},
		{"Write a sonnet", "How do I write a sonnet?", semantic.WhyTask},
		{"Who is the king?", "Who was the king?", semantic.WhyTense},
		{"Will it rain?", "Does it rain?", semantic.WhyTense},
		{"What is my name?", "What is your name?", semantic.WhyPerson},
		{"What did she tell him?", "What did he tell her?", semantic.WhyPerson},
		{"What is the tallest tower?", "What are the tallest towers?", semantic.WhyCount},
		{"Thanks!", "What?", semantic.WhyWord},
		{"What is aspirin for?", "What is aspirin?", semantic.WhyMore},
		{"How do I grow tomatoes?", "How do tomatoes grow?", semantic.WhyQuestion},
		{"Is 5 > 3?", "Is 5 < 3?", semantic.WhySign},
		{"What is 8 - 2?", "What is 8 / 2?", semantic.WhySign},
		{"What does !x do?", "What does x do?", semantic.WhySign},
		{"What does `a` do?", "What does `b` do?", semantic.WhyQuote},
		{"What does `ls -a` do?", "What does `ls -A` do?", semantic.WhyQuote},
		{`Translate "yes"`, `Translate "no"`, semantic.WhyQuote},
		{"Fix:\n```\na()\n```", "Fix:\n```\nb()\n```", semantic.WhyCode},
		{"Where is Turkey from?", "Where is turkey from?", semantic.WhyName},
		{"What is the capital of Spain?", "¿Cuál es la capital de España?", semantic.WhyLanguage},
		{"Ist das Wasser warm?", "Ist das Wasser nicht warm?", semantic.WhyNegation},
		{"Zwei Eier kochen", "Drei Eier kochen", semantic.WhyNumber},
		{"De Nice à Lyon en train", "De Lyon à Nice en train", semantic.WhyDirection},
		{"¿Quién pintó esto?", "¿Cuándo pintó esto?", semantic.WhyQuestion},
		{"Non mangio carne", "Mangio carne", semantic.WhyNegation},
		{"Quem matou o rei?", "Quem matou a rainha?", semantic.WhyWord},
		{"Waarom werkt het niet?", "Waarom werkt het?", semantic.WhyNegation},
		{"狗为什么咬人？", "人为什么咬狗？", semantic.WhyWord},
		{"猫は好きですか", "犬は好きですか", semantic.WhyWord},
	} {
		why, differ := g.Differ(c.a, c.b)
		back, also := g.Differ(c.b, c.a)
		if !differ || !also || why != c.why || back != why {
			t.Errorf("%q and %q: %q, and back %q; want %q", c.a, c.b, why, back, c.why)
		}
	}
}

func TestAPromptIsNotApartFromItself(t *testing.T) {
	g := semantic.NewGuard()
	long := make([]byte, semantic.MaxText+1)
	if why, differ := g.Differ(string(long), string(long)); !differ || why != semantic.WhyLong {
		t.Errorf("too long: %q", why)
	}
	for _, s := range []string{"", "  ", "?", "What is 2024-01-00?", "'s", "```", "A.B.C. 1,2,3.4.5", "\xff\xfe", "I II III", "twenty twenty one hundred and"} {
		if why, differ := g.Differ(s, s); differ {
			t.Errorf("%q: %s", s, why)
		}
	}
}

func TestTheWordsOfLongPromptsKeepTheirOrder(t *testing.T) {
	g := semantic.NewGuard()
	text := strings.Repeat("Rain fell while lions slept near old trees. Rivers grew and birds sang loud songs about spring. ", 10)
	turned := strings.Replace(text, "lions slept near old trees", "trees slept near old lions", 1)
	if why, differ := g.Differ("Summarize this: "+text, "Can you please summarize this: "+text); differ {
		t.Errorf("the same text: %s", why)
	}
	if _, differ := g.Differ("Summarize this: "+text, "Summarize this: "+turned); !differ {
		t.Error("a text with two words turned is the same")
	}
}

func FuzzDiffer(f *testing.F) {
	for _, s := range []string{"What is 5 km in miles?", "Who's \"that\"?", "```go\nx\n```", "2024-01-00 3:61 pm", "請問 how 犬 1st", "-5 × 3% $4k"} {
		f.Add(s, "Why is the sky 2 blue?")
	}
	g := semantic.NewGuard()
	f.Fuzz(func(t *testing.T, a, b string) {
		why, differ := g.Differ(a, b)
		back, also := g.Differ(b, a)
		if differ != also || differ != (why != "") {
			t.Errorf("%q one way, %q the other", why, back)
		}
		if why, differ := g.Differ(a, a); differ && why != semantic.WhyLong {
			t.Errorf("apart from itself: %q", why)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(record(1).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := semantic.Decode(b); err == nil && string(r.Encode()) != string(b) {
			t.Error("a record is written in two ways")
		}
	})
}
