# Made by lilogic {{ lilogic }}: a Vivado project that synthesizes the module {{ block.module }} out of context.
#
#   vivado -mode batch -source {{ stem }}.tcl -tclargs PART
#
# Without PART, for {{ part }}. It makes the folder {{ stem }}_vivado beside this file anew, with
# the project, reports on utilization and timing, and a checkpoint.

set part [expr {$argc > 0 ? [lindex $argv 0] : "{{ part }}"}]
set here [file dirname [file normalize [info script]]]
set project [file join $here {{ stem }}_vivado]

create_project {{ stem }} $project -part $part -force
add_files -norecurse [file join $here {{ verilog }}]
add_files -fileset constrs_1 -norecurse [file join $here {{ constraints }}]
set_property used_in {synthesis implementation out_of_context} [get_files {{ constraints }}]
set_property top {{ block.module }} [current_fileset]
set_property -name {steps.synth_design.args.more options} -value {-mode out_of_context} \
    -objects [get_runs synth_1]

launch_runs synth_1
wait_on_runs synth_1
if {[get_property progress [get_runs synth_1]] ne "100%"} {
    error "synthesis failed; [get_property directory [get_runs synth_1]]/runme.log says why"
}

open_run synth_1 -name synth_1
report_utilization -hierarchical -file [file join $project utilization.rpt]
report_timing_summary -file [file join $project timing.rpt]
write_checkpoint -force [file join $project {{ stem }}.dcp]
