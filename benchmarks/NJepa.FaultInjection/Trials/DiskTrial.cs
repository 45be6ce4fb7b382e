using NJepa.FaultInjection.Runs;
using NJepa.FaultInjection.Workers;
using NJepa.Training;

namespace NJepa.FaultInjection.Trials;

/// <summary>
/// A disk that takes nothing more. Each case begins with a run that was stopped with two checkpoints, makes the disk fail for the worker that goes on with it, and then goes on where there is room.
/// </summary>
internal sealed class DiskTrial : ITrial
{
    private const int Steps = 30;
    private const int Stopped = 8;
    private const int Impossible = 77;

    // The mount is seen by this shell and the worker only, and ends with them; what lies on it is copied out.
    private const string SmallDisk = """
        mount -t tmpfs -o size="$1" njepa "$3" && cp -r -p "$2/." "$3/" || exit 77
        filler=$3/filler; [ "$4" = 0 ] || head -c "$4" /dev/zero > "$filler" || exit 77
        out=$3 copy=$5; shift 5; code=0; "$@" || code=$?
        cp -r -p "$out/." "$copy/" || exit 77; exit $code
        """;

    private const string ReadOnlyDisk = """
        mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 77
        shift; exec "$@"
        """;

    // Without mounts; an administrator may write to such a folder all the same.
    private const string LockedFolder = """
        folder=$1; shift; chmod 555 "$folder" || exit 77
        code=0; "$@" || code=$?
        chmod 755 "$folder"; exit $code
        """;

    private const string ShortFiles = """
        # The runtime maps its own code through a file of 2 GB otherwise.
        export DOTNET_EnableWriteXorExecute=0
        trap '' XFSZ; ulimit -f "$1" || exit 77; shift; exec "$@"
        """;

    public string Name => "disk";

    public string Must => "exit code 1 and a message that names the folder, no crash; earlier checkpoints whole; the run that goes on from them byte-equal";

    private const string MustGoOn = "with SaveFailurePolicy.Continue training goes on to the last step; ";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        RunSettings whole = context.Settings("whole", Steps), begun = whole with { Output = Path.Combine(context.Folder, "begun") };
        LocalRun.Resume(whole);
        LocalRun.Resume(begun, until: Stopped);
        var cases = new DiskCases(context, whole, begun, RunOutcome.Of(whole.Output));
        long checkpoint = Folders.Bytes(new CheckpointStore(begun.Output).List()[0].Folder);
        string small = FormattableString.Invariant($"{(Folders.Bytes(begun.Output) + (checkpoint * 6 / 10)) / 1024}k"), limit = FormattableString.Invariant($"{checkpoint / 4 / 1024}");
        string[]? space = DiskCases.Namespace();
        yield return cases.Run($"{Name}: full (tmpfs)", Must, space, SmallDisk, [small, begun.Output, DiskCases.Out, "0", DiskCases.Copy], SaveFailurePolicy.Stop, (worker, problems) => DiskCases.RequireFailure(worker, problems));
        yield return cases.Run($"{Name}: full, Continue", MustGoOn + Must, space, SmallDisk, [small, begun.Output, DiskCases.Out, "0", DiskCases.Copy], SaveFailurePolicy.Continue, RequireAllSteps);
        string roomy = FormattableString.Invariant($"{(Folders.Bytes(begun.Output) + (checkpoint * 46 / 10)) / 1024}k"), filler = FormattableString.Invariant($"{checkpoint * 4}");
        yield return cases.Run(
            $"{Name}: full until step 15, Continue",
            "training goes on, checkpoints too once there is room; exit code 0; outcome byte-equal",
            space,
            SmallDisk,
            [roomy, begun.Output, DiskCases.Out, filler, DiskCases.Copy],
            SaveFailurePolicy.Continue,
            (worker, problems) =>
            {
                problems.Require(worker.ExitCode == 0, $"exit code {worker.ExitCode}");
                problems.Require(worker.Errors.Contains("cannot be written", StringComparison.Ordinal), $"the disk was never full");
            },
            freed: true);
        string[]? shell = OperatingSystem.IsWindows() ? null : [];
        yield return cases.Run($"{Name}: files limited in size (ulimit -f)", Must, shell, ShortFiles, [limit], SaveFailurePolicy.Stop, (worker, problems) => DiskCases.RequireFailure(worker, problems));
        yield return cases.Run($"{Name}: files limited in size, Continue", MustGoOn + Must, shell, ShortFiles, [limit], SaveFailurePolicy.Continue, RequireAllSteps);
        yield return cases.Run(
            $"{Name}: read-only",
            Must + "; no step taken",
            space ?? (Environment.IsPrivilegedProcess ? null : shell),
            space is null ? LockedFolder : ReadOnlyDisk,
            [DiskCases.Out],
            SaveFailurePolicy.Stop,
            (worker, problems) =>
            {
                DiskCases.RequireFailure(worker, problems);
                problems.Require(worker.ReportedStep == 0, $"step {worker.ReportedStep} was taken");
            });
    }

    private static void RequireAllSteps(WorkerProcess worker, Problems problems)
    {
        DiskCases.RequireFailure(worker, problems);
        problems.Require(worker.ReportedStep == Steps, $"training ended at step {worker.ReportedStep} of {Steps}");
    }

    public static bool IsImpossible(int exitCode) => exitCode == Impossible;
}
