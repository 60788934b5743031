// When what is known: the levels of the hardware, and the registers between them.

/** The levels that a sample passes: of the encoder, of gates, of the popcount, of the argmax. */
class Pipeline {
  /** Of the number of levels of each part. */
  constructor(parts) {
    this.parts = parts;
    this.levels = Object.entries(parts).flatMap(([part, count]) =>
      Array.from({ length: count }, (_, number) => ({ part, number })),
    );
  }

  /** Registers stand after so many levels; 0 is for none. Clock cycles from sample to result. */
  cycles(levelsPerStage) {
    return levelsPerStage ? Math.ceil(this.levels.length / levelsPerStage) : 0;
  }

  /** How many levels a part has passed when `step` levels are done. */
  passed(part, step) {
    let before = 0;
    for (const [name, count] of Object.entries(this.parts)) {
      if (name === part) return Math.min(Math.max(step - before, 0), count);
      before += count;
    }
    return 0;
  }

  /** What is known after `step` levels, in words. */
  described(step) {
    if (step === 0) return "The sample has arrived";
    const { part, number } = this.levels[step - 1];
    const of = (unit) => (this.parts[part] > 1 ? `, ${unit} ${number + 1} of ${this.parts[part]}` : "");
    return {
      encoder: "The encoder has made bits of the sample",
      gates: `Gates${of("level")}`,
      popcount: `Popcount${of("level")}: sums of the gates that are 1`,
      argmax: `Argmax${of("round")}: the higher score goes on`,
    }[part];
  }

  /**
   * For each class, whether it is still in the tournament after so many rounds: neighbours meet,
   * and the right one must be higher to win.
   */
  static alive(scores, rounds) {
    let left = [...scores.keys()];
    for (let round = 0; round < rounds; round++) {
      left = left.flatMap((number, place) => {
        if (place % 2) return [];
        const other = left[place + 1];
        return [other !== undefined && scores[other] > scores[number] ? other : number];
      });
    }
    return left;
  }
}
