package semantic_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/internal/cache/semantic"
)

// lookalikes are prompts of which each asks for another answer than the one beside it, by
// language: negations, numbers in words, units, directions, comparisons, small words that
// change what is meant.
var lookalikes = map[string][][2]string{
	"de": {
		{"Darf ich Aspirin in der Schwangerschaft nehmen?", "Darf ich kein Aspirin in der Schwangerschaft nehmen?"},
		{"Welche Pilze kann man essen?", "Welche Pilze kann man nicht essen?"},
		{"Rezept mit Milch", "Rezept ohne Milch"},
		{"Habe ich schon gewählt?", "Habe ich nirgends gewählt?"},
		{"Wie koche ich einundzwanzig Eier?", "Wie koche ich zweiundzwanzig Eier?"},
		{"Was kosten dreizehn Äpfel?", "Was kosten dreißig Äpfel?"},
		{"Was kosten hundert Äpfel?", "Was kosten tausend Äpfel?"},
		{"Was kostet ein halbes Brot?", "Was kostet ein Brot?"},
		{"Was kosten zwei Millionen?", "Was kosten zwei Milliarden?"},
		{"Was sind fünf Kilometer in Meilen?", "Was sind fünf Meter in Meilen?"},
		{"Was sind 20 Grad Celsius?", "Was sind 20 Grad Fahrenheit?"},
		{"Zug von Köln nach Bonn", "Zug von Bonn nach Köln"},
		{"Fliege ich vor dem Essen?", "Fliege ich nach dem Essen?"},
		{"Fahre ich nach links?", "Fahre ich nach rechts?"},
		{"Wie komme ich in die Stadt?", "Wie komme ich aus der Stadt?"},
		{"Wie komme ich auf den Turm?", "Wie komme ich unter den Turm?"},
		{"Was bringt mir mehr Geld?", "Was bringt mir weniger Geld?"},
		{"Kann ich den Vertrag kündigen?", "Muss ich den Vertrag kündigen?"},
		{"Ist mein Konto gesperrt?", "Ist dein Konto gesperrt?"},
		{"Ist das Geschäft offen?", "War das Geschäft offen?"},
		{"Wo finde ich Wasser und Strom?", "Wo finde ich Wasser oder Strom?"},
	},
	"fr": {
		{"Puis-je prendre de l'aspirine ?", "Ne puis-je pas prendre de l'aspirine ?"},
		{"Recette avec du lait", "Recette sans lait"},
		{"Peut-on manger ce champignon ?", "Ne peut-on plus manger ce champignon ?"},
		{"Combien coûtent vingt et un œufs ?", "Combien coûtent vingt-deux œufs ?"},
		{"Combien coûtent soixante-dix œufs ?", "Combien coûtent soixante œufs ?"},
		{"Combien coûtent treize pommes ?", "Combien coûtent trente pommes ?"},
		{"Quel est le prix de deux millions ?", "Quel est le prix de deux milliards ?"},
		{"Que font 5 kilomètres en milles ?", "Que font 5 mètres en milles ?"},
		{"Train de Paris à Lyon", "Train de Lyon à Paris"},
		{"Faut-il courir avant de manger ?", "Faut-il courir après avoir mangé ?"},
		{"Tourner à gauche ou tout droit ?", "Tourner à droite ou tout droit ?"},
		{"Qui a plus d'argent ?", "Qui a moins d'argent ?"},
		{"Est-ce que mon compte est bloqué ?", "Est-ce que ton compte est bloqué ?"},
		{"Le magasin est ouvert ?", "Le magasin était ouvert ?"},
		{"Du pain et du vin", "Du pain ou du vin"},
		{"Le livre est dans le sac ?", "Le livre est sur le sac ?"},
	},
	"es": {
		{"¿Puedo tomar aspirina?", "¿No puedo tomar aspirina?"},
		{"Receta con leche", "Receta sin leche"},
		{"¿Alguien vive en Marte?", "¿Nadie vive en Marte?"},
		{"¿Cuánto cuestan veintiún huevos?", "¿Cuánto cuestan veintidós huevos?"},
		{"¿Cuánto cuestan sesenta huevos?", "¿Cuánto cuestan setenta huevos?"},
		{"¿Cuánto cuesta un kilo?", "¿Cuánto cuesta medio kilo?"},
		{"¿Cuánto son 5 kilómetros en millas?", "¿Cuánto son 5 metros en millas?"},
		{"Tren de Madrid a Toledo", "Tren de Toledo a Madrid"},
		{"Vuelo desde Lima hasta Quito", "Vuelo desde Quito hasta Lima"},
		{"¿Qué hago antes de comer?", "¿Qué hago después de comer?"},
		{"¿Giro a la izquierda?", "¿Giro a la derecha?"},
		{"¿Quién tiene más dinero?", "¿Quién tiene menos dinero?"},
		{"¿Mi cuenta está bloqueada?", "¿Tu cuenta está bloqueada?"},
		{"¿La tienda está abierta?", "¿La tienda estaba abierta?"},
		{"Pan y vino", "Pan o vino"},
		{"¿Puedo cancelar el contrato?", "¿Debo cancelar el contrato?"},
	},
	"it": {
		{"Posso prendere l'aspirina?", "Non posso prendere l'aspirina?"},
		{"Ricetta con latte", "Ricetta senza latte"},
		{"Quanto costano ventuno uova?", "Quanto costano ventidue uova?"},
		{"Quanto costano sessanta uova?", "Quanto costano settanta uova?"},
		{"Quanto sono 5 chilometri in miglia?", "Quanto sono 5 metri in miglia?"},
		{"Treno da Roma a Milano", "Treno da Milano a Roma"},
		{"Cosa faccio prima di mangiare?", "Cosa faccio dopo mangiare?"},
		{"Giro a sinistra?", "Giro a destra?"},
		{"Chi ha più soldi?", "Chi ha meno soldi?"},
		{"Il mio conto è bloccato?", "Il tuo conto è bloccato?"},
		{"Il negozio è aperto?", "Il negozio era aperto?"},
		{"Pane e vino", "Pane o vino"},
		{"Posso disdire il contratto?", "Devo disdire il contratto?"},
		{"Il libro è sul tavolo?", "Il libro è sotto il tavolo?"},
	},
	"pt": {
		{"Posso tomar aspirina?", "Não posso tomar aspirina?"},
		{"Receita com leite", "Receita sem leite"},
		{"Quanto custam vinte e um ovos?", "Quanto custam vinte e dois ovos?"},
		{"Quanto custam sessenta ovos?", "Quanto custam setenta ovos?"},
		{"Quanto são 5 quilômetros em milhas?", "Quanto são 5 metros em milhas?"},
		{"Trem de Lisboa para Porto", "Trem do Porto para Lisboa"},
		{"O que faço antes de comer?", "O que faço depois de comer?"},
		{"Viro à esquerda?", "Viro à direita?"},
		{"Quem tem mais dinheiro?", "Quem tem menos dinheiro?"},
		{"Minha conta está bloqueada?", "Sua conta está bloqueada?"},
		{"A loja está aberta?", "A loja estava aberta?"},
		{"Pão e vinho", "Pão ou vinho"},
		{"Posso cancelar o contrato?", "Devo cancelar o contrato?"},
		{"O livro está na mesa?", "O livro está sob a mesa?"},
	},
	"nl": {
		{"Mag ik aspirine nemen?", "Mag ik geen aspirine nemen?"},
		{"Recept met melk", "Recept zonder melk"},
		{"Wat kosten eenentwintig eieren?", "Wat kosten tweeëntwintig eieren?"},
		{"Wat kosten dertien eieren?", "Wat kosten dertig eieren?"},
		{"Wat is vijf kilometer in mijlen?", "Wat is vijf meter in mijlen?"},
		{"Trein van Utrecht naar Gouda", "Trein van Gouda naar Utrecht"},
		{"Wat doe ik voor het eten?", "Wat doe ik na het eten?"},
		{"Ga ik naar links?", "Ga ik naar rechts?"},
		{"Wie heeft meer geld?", "Wie heeft minder geld?"},
		{"Is mijn rekening geblokkeerd?", "Is jouw rekening geblokkeerd?"},
		{"Is de winkel open?", "Was de winkel open?"},
		{"Brood en wijn", "Brood of wijn"},
		{"Ligt het boek op de tafel?", "Ligt het boek onder de tafel?"},
		{"Kan ik het contract opzeggen?", "Moet ik het contract opzeggen?"},
	},
	"zh": {
		{"孕妇可以吃阿司匹林吗？", "孕妇不可以吃阿司匹林吗？"},
		{"这家店开门吗？", "这家店没开门吗？"},
		{"二十一个鸡蛋多少钱？", "二十二个鸡蛋多少钱？"},
		{"五公里是多少英里？", "五公尺是多少英里？"},
		{"从北京到上海的火车", "从上海到北京的火车"},
		{"北京到上海的火车", "上海到北京的火车"},
		{"吃饭之前做什么？", "吃饭之后做什么？"},
		{"向左转还是直走？", "向右转还是直走？"},
		{"我的账户被锁了吗？", "你的账户被锁了吗？"},
		{"面包和酒", "面包或酒"},
		{"我可以取消合同吗？", "我必须取消合同吗？"},
		{"谁的钱更多？", "谁的钱更少？"},
		{"中国借钱给美国", "美国借钱给中国"},
		{"他现在在哪里？", "她现在在哪里？"},
		{"商店开门了吗？", "商店开门吗？"},
		{"一百万是多少？", "一百亿是多少？"},
		{"美国对中国的出口", "中国对美国的出口"},
		{"老师给学生写信", "学生给老师写信"},
	},
	"ja": {
		{"妊娠中にアスピリンを飲めますか？", "妊娠中にアスピリンを飲めませんか？"},
		{"この店は開いていますか？", "この店は開いていませんか？"},
		{"卵を二十一個ください", "卵を二十二個ください"},
		{"五キロは何マイルですか？", "五メートルは何マイルですか？"},
		{"東京から大阪までの電車", "大阪から東京までの電車"},
		{"東京発大阪行きの電車", "大阪発東京行きの電車"},
		{"食事の前に何をしますか？", "食事の後に何をしますか？"},
		{"左に曲がりますか？", "右に曲がりますか？"},
		{"私の口座は凍結されていますか？", "あなたの口座は凍結されていますか？"},
		{"パンとワイン", "パンかワイン"},
		{"契約を解除できますか？", "契約を解除しなければなりませんか？"},
		{"店は開いていますか？", "店は開いていましたか？"},
		{"犬が人を噛んだのはなぜ？", "人が犬を噛んだのはなぜ？"},
		{"猫を犬が追いかける", "犬を猫が追いかける"},
		{"父に手紙を書く", "父が手紙を書く"},
		{"砂糖ありのレシピ", "砂糖なしのレシピ"},
	},
}

// equals are prompts that ask for the same, by language.
var equals = map[string][][2]string{
	"de": {
		{"Wie viel kosten einundzwanzig Äpfel auf dem Markt?", "Wie viel kosten 21 Äpfel auf dem Markt?"}, {"Wie viel sind zwei Millionen Euro?", "Wie viel sind 2000000 Euro?"},
		{"Was sind 5 Kilometer in Meilen?", "Was sind 5 km in Meilen?"}, {"Wie viel kosten zweihundertfünfzig Gramm von dem Käse?", "Wie viel kosten 250 g von dem Käse?"},
		{"Was kosten 3,5 Kilo Mehl?", "Was kosten 3,5 kg Mehl?"},
	},
	"fr": {
		{"Combien coûtent vingt et un œufs ?", "Combien coûtent 21 œufs ?"}, {"Combien coûtent soixante-dix-sept œufs ?", "Combien coûtent 77 œufs ?"},
		{"Combien coûtent quatre-vingt-dix œufs ?", "Combien coûtent 90 œufs ?"}, {"Que font 5 kilomètres en milles ?", "Que font 5 km en milles ?"},
	},
	"es": {{"¿Cuánto cuestan veintiún huevos?", "¿Cuánto cuestan 21 huevos?"}, {"¿Cuánto cuestan treinta y cinco huevos?", "¿Cuánto cuestan 35 huevos?"}, {"¿Cuánto son 5 kilómetros en millas?", "¿Cuánto son 5 km en millas?"}},
	"it": {{"Quanto costano ventuno uova?", "Quanto costano 21 uova?"}, {"Quanto costano duecento uova?", "Quanto costano 200 uova?"}, {"Quanto sono 5 chilometri in miglia?", "Quanto sono 5 km in miglia?"}},
	"pt": {{"Quanto é que custam vinte e um ovos na loja?", "Quanto é que custam 21 ovos na loja?"}, {"Quanto é que custam duzentos ovos na loja?", "Quanto é que custam 200 ovos na loja?"}, {"Quanto são 5 quilômetros em milhas?", "Quanto são 5 km em milhas?"}},
	"nl": {{"Hoeveel kosten eenentwintig eieren bij jullie?", "Hoeveel kosten 21 eieren bij jullie?"}, {"Hoeveel kosten tweehonderd eieren bij jullie?", "Hoeveel kosten 200 eieren bij jullie?"}, {"Hoe ver is het als ik vijf kilometer fiets?", "Hoe ver is het als ik 5 km fiets?"}},
}

func TestLookAlikesOfEveryLanguageAreToldApart(t *testing.T) {
	g := semantic.NewGuard()
	for language, pairs := range lookalikes {
		for _, p := range pairs {
			if _, differ := g.Differ(p[0], p[1]); !differ {
				t.Errorf("%s: %q and %q", language, p[0], p[1])
			}
			if _, back := g.Differ(p[1], p[0]); !back {
				t.Errorf("%s, turned: %q and %q", language, p[0], p[1])
			}
		}
	}
}

func TestNumbersInWordsAndUnitsInShortAreTheSameInEveryLanguage(t *testing.T) {
	g := semantic.NewGuard()
	for language, pairs := range equals {
		for _, p := range pairs {
			if why, differ := g.Differ(p[0], p[1]); differ {
				t.Errorf("%s: %q and %q: %s", language, p[0], p[1], why)
			}
		}
	}
}
