`default_nettype none
`timescale 1ns / 1ps

// The project with its pins within reach of test.py.
module tb ();
  reg clk, rst_n, ena;
  reg [7:0] ui_in, uio_in;
  wire [7:0] uo_out, uio_out, uio_oe;

  @TOP@ project (
`ifdef GL_TEST
      @POWER@
`endif
      .ui_in(ui_in),
      .uo_out(uo_out),
      .uio_in(uio_in),
      .uio_out(uio_out),
      .uio_oe(uio_oe),
      .ena(ena),
      .clk(clk),
      .rst_n(rst_n)
  );
endmodule
