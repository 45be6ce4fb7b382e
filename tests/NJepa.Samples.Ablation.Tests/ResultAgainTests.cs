using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Tests;

/// <summary>What is lost or damaged is measured again, and trained again only where the encoders are gone.</summary>
public sealed class ResultAgainTests(FinishedRuns finished) : IClassFixture<FinishedRuns>
{
    private static readonly RunKey Multi = new("n-jepa-multi", PretrainingOptions.SmallData.LearningRate, 0);

    [Theory]
    [InlineData(null)]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"Key\":null}")]
    public async Task A_run_without_a_sound_result_is_judged_again_and_not_trained(string? damage)
    {
        AblationOptions options = await finished.CopyAsync($"again-{damage?.Length}", "levels");
        string result = Damage(options, "result.json", damage, out string before);
        DateTime trained = Trained(options);

        string told = await AblationTest.RunAsync(options);

        File.ReadAllText(result).Should().Be(before);
        Trained(options).Should().Be(trained);
        told.Should().Contain("Run 2 of 2: N-JEPA, multi-level, seed 0, learning rate 0.002, trained already: its encoders are judged again").And.NotContain("Run 1 of 2");
    }

    [Fact]
    public async Task Runs_of_a_version_that_wrote_no_record_are_judged_again_too()
    {
        AblationOptions options = await finished.CopyAsync("earlier", "levels");
        string result = Damage(options, "result.json", null, out string before);
        Damage(options, "run.json", null, out _);
        DateTime trained = Trained(options);

        await AblationTest.RunAsync(options);

        Trained(options).Should().Be(trained);
        WithoutTime(File.ReadAllText(result)).Should().Be(WithoutTime(before));
        new RunStore(options.Output).Find(Multi)!.TrainingSeconds.Should().BeNull("nobody wrote it down");
        File.ReadAllText(Path.Combine(options.Output, "levels.md")).Should().Contain("made with an earlier version of NJepa that did not write down what it ran on, then NJepa ");

        static string WithoutTime(string text) => string.Join('\n', text.Split('\n').Where(line => !line.Contains("TrainingSeconds", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Encoders_of_a_run_that_was_stopped_are_not_taken_for_trained_ones()
    {
        AblationOptions options = await finished.CopyAsync("stopped", "levels");
        Damage(options, "result.json", null, out _);
        Damage(options, "run.json", null, out _);
        string losses = Path.Combine(options.Output, Multi.Folder, LossLog.FileName);
        string[] lines = File.ReadAllLines(losses);
        File.WriteAllText(losses, lines[0] + "\n");
        DateTime trained = Trained(options);

        string told = await AblationTest.RunAsync(options);

        told.Should().Contain("Run 2 of 2: N-JEPA, multi-level, seed 0, learning rate 0.002").And.NotContain("judged again");
        Trained(options).Should().BeAfter(trained);
        File.ReadAllLines(losses).Should().Equal(lines);
    }

    [Fact]
    public async Task A_damaged_result_whose_encoders_are_gone_is_named()
    {
        AblationOptions options = await finished.CopyAsync("gone", "levels");
        Damage(options, "result.json", "{", out _);
        Damage(options, "teacher.safetensors", null, out _);
        Func<Task> again = () => AblationTest.RunAsync(options);

        (await again.Should().ThrowAsync<AblationException>()).WithMessage("'*result.json' is damaged (*), and the encoders that it was measured from are not there. Delete it, and the run is trained again.");
    }

    [Fact]
    public async Task Damaged_floors_are_measured_again()
    {
        AblationOptions options = await finished.CopyAsync("floors", "levels");
        string[] floors = [.. new[] { "raw-pixels", Path.Combine("untrained", "seed-0") }.Select(floor => Path.Combine(options.Output, "runs", floor, "result.json"))];
        string[] before = [.. floors.Select(File.ReadAllText)];
        Array.ForEach(floors, floor => File.WriteAllText(floor, "{\"NearestNeighbours\":"));

        await AblationTest.RunAsync(options);

        floors.Select(File.ReadAllText).Should().Equal(before);
    }

    private static DateTime Trained(AblationOptions options) => File.GetLastWriteTimeUtc(Path.Combine(options.Output, Multi.Folder, "student.safetensors"));

    /// <summary>Replaces a file of the multi-level run, or deletes it.</summary>
    private static string Damage(AblationOptions options, string name, string? text, out string before)
    {
        string path = Path.Combine(options.Output, Multi.Folder, name);
        before = File.ReadAllText(path);
        if (text is null)
        {
            File.Delete(path);
        }
        else
        {
            File.WriteAllText(path, text);
        }

        return path;
    }
}
