// Made by lilogic {{ lilogic }}: the {{ block.title }}.
//
// {{ vectors }} samples go into the module {{ interface.module }} of {{ verilog }}; what comes out is compared with what
// software answers, as is the latency. Ends with status 0 after PASS, and with another after FAIL.
//
//   $ iverilog -g2012 -o {{ stem }}_tb {{ stem }}_tb.sv {{ verilog }} && vvp -n {{ stem }}_tb
//   $ verilator --binary --timing {{ stem }}_tb.sv {{ verilog }} && obj_dir/V{{ stem }}_tb
//
// Run it where {{ stimulus }} and {{ expected }} are. It takes
//   +stalls=PERCENT  how often to offer no sample, at random: 0 to 99; without it, never
//   +vectors=NUMBER  to take only the first ones: Icarus needs seconds for each of a large network
//   +seed=NUMBER     for other random numbers
//   +vcd=FILE        to write waveforms (Verilator: only if built with --trace)

module {{ stem }}_tb;
  localparam VECTORS = {{ vectors }};
  localparam DATA_WIDTH = {{ interface.data_width }};
  localparam INDEX_WIDTH = {{ interface.index_width }};
  localparam SCORES_WIDTH = {{ interface.classes * interface.score_width }};
  localparam LATENCY = {{ interface.latency }};
  localparam INTERVAL = {{ interface.interval }};
  localparam PATIENCE = 2 * (LATENCY + INTERVAL) + 1000;  // cycles without any progress

  reg clk;
  reg rst;
  reg valid_in;
  reg [DATA_WIDTH-1:0] data;
  wire ready;
  wire valid_out;
  wire [INDEX_WIDTH-1:0] index;
  wire [SCORES_WIDTH-1:0] scores;

  {{ interface.module }} dut (
    .clk(clk),
    .rst(rst),
    .valid_in(valid_in),
    .{{ interface.data }}(data),
{% if interface.interval > 1 %}
    .ready(ready),
{% endif %}
    .valid_out(valid_out),
    .index(index),
    .scores(scores)
  );
{% if interface.interval == 1 %}
  assign ready = 1'b1;
{% endif %}

  initial begin
    clk = 1'b0;
    forever #5 clk = ~clk;
  end

  reg [DATA_WIDTH-1:0] stimulus [0:VECTORS-1];
  reg [INDEX_WIDTH+SCORES_WIDTH-1:0] expected [0:VECTORS-1];
  integer taken_in [0:VECTORS-1];  // cycle

  integer vectors, cycle, sent, received, errors, waited, stalls, seed;
  reg [31:0] random;
  reg stalled, is_taken, was_reset;
  reg [8*256-1:0] waves;

  task complain(input [8*40-1:0] what);
    begin
      errors = errors + 1;
      if (errors <= 10)
        $display("cycle %0d, vector %0d: %0s", cycle, received, what);
    end
  endtask

  task check;
    begin
      if (valid_out !== 1'b1) begin
        complain("valid_out is undefined");
      end else if (received == sent) begin
        complain("a result without a sample");
      end else begin
        if ({index, scores} !== expected[received]) begin
          complain("a wrong result");
          if (errors <= 10)
            $display("  class %0d, scores %h instead of class %0d, scores %h", index, scores,
                     expected[received][SCORES_WIDTH +: INDEX_WIDTH],
                     expected[received][0 +: SCORES_WIDTH]);
        end
        if (cycle - taken_in[received] != LATENCY)
          complain("a result too early or too late");
        received = received + 1;
      end
    end
  endtask

  initial begin
    rst = 1'b1; valid_in = 1'b0; data = {DATA_WIDTH{1'b0}};
    cycle = 0; sent = 0; received = 0; errors = 0; waited = 0; was_reset = LATENCY == 0;
    stalled = 1'b0;
    if ($value$plusargs("stalls=%d", stalls) == 0) stalls = 0;
    if ($value$plusargs("seed=%d", seed) == 0) seed = 1;
    if (stalls < 0 || stalls > 99) begin
      $display("FAIL: +stalls=%0d is not 0 to 99", stalls);
      $fatal(1);
    end
    if ($value$plusargs("vcd=%s", waves) != 0) begin
      $dumpfile(waves);
      $dumpvars;
    end
    if ($value$plusargs("vectors=%d", vectors) == 0 || vectors == 0) vectors = VECTORS;
    if (vectors < 0 || vectors > VECTORS) begin
      $display("FAIL: +vectors=%0d is not 0 to %0d", vectors, VECTORS);
      $fatal(1);
    end
    random = 32'd2463534242 ^ seed;
    if (random == 0) random = 32'd1;
    $readmemh("{{ stimulus }}", stimulus);
    $readmemh("{{ expected }}", expected);
    if (^expected[VECTORS-1] === 1'bx) begin
      $display("FAIL: {{ expected }} is missing or cut off: run it in its folder");
      $fatal(1);
    end

    // Inputs change at falling edges; what is taken and what comes out is looked at at rising ones.
    repeat (2) @(negedge clk);
    rst = 1'b0;
    while (received < vectors && waited < PATIENCE) begin
      @(posedge clk);
      cycle = cycle + 1;
      if (!stalled || valid_in) waited = waited + 1;
      if (valid_in && ready && !rst) begin
        taken_in[sent] = cycle;
        sent = sent + 1;
        waited = 0;
      end
      if (valid_out !== 1'b0) begin
        check;
        waited = 0;
      end
      if (rst) sent = received;  // what was in flight is gone and is sent again
      random = random ^ (random << 13);
      random = random ^ (random >> 17);
      random = random ^ (random << 5);
      stalled = (random % 100) < stalls;
      is_taken = !valid_in || ready;
      @(negedge clk);
      rst = 1'b0;
      if (!was_reset && sent > vectors / 2) begin
        // Once, in mid-flight.
        was_reset = 1'b1;
        rst = 1'b1;
        valid_in = 1'b0;
      end else if (is_taken) begin
        valid_in = sent < vectors && !stalled;
        // Where there is no sample, its complement must not matter.
        if (sent < vectors) data = stalled ? ~stimulus[sent] : stimulus[sent];
      end
    end
    valid_in = 1'b0;
    repeat (LATENCY + INTERVAL + 4) begin
      @(posedge clk);
      cycle = cycle + 1;
      if (received == vectors && valid_out !== 1'b0) complain("a result without a sample");
    end
    if (received < vectors) errors = errors + 1;
    if (errors == 0) begin
      $display("PASS: %0d of %0d vectors, latency %0d, %0d cycles", received, vectors, LATENCY,
               cycle);
      $finish;
    end else begin
      $display("FAIL: %0d of %0d vectors received, %0d errors, %0d cycles", received, vectors,
               errors, cycle);
      $fatal(1);
    end
  end
endmodule
