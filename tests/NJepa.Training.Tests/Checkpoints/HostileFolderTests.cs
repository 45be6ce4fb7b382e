using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using NJepa.Models;

namespace NJepa.Training.Tests;

/// <summary>Output folders in which people, programs and disks have left something else than what a run expects.</summary>
public sealed class HostileFolderTests(ResumeTests.Pictures pictures) : TensorTest, IClassFixture<ResumeTests.Pictures>
{
    [Fact]
    public async Task Another_current_directory_does_not_move_a_run()
    {
        string before = Environment.CurrentDirectory;
        using var run = new CheckpointedRun(pictures.Source);
        string other = Directory.CreateDirectory(Path.Combine(run.Folder, "other")).FullName;
        try
        {
            Environment.CurrentDirectory = run.Folder;
            using JepaModel model = run.Model.Build();
            using var trainer = new JepaTrainer(model, pictures.Source, run.Options with { OutputDirectory = "result" });
            Environment.CurrentDirectory = other;
            TrainingResult result = await trainer.RunAsync();
            result.SavedFiles.Should().OnlyContain(file => Path.IsPathRooted(file));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }

        Directory.GetFileSystemEntries(other).Should().BeEmpty();
        CheckpointInfo.List(Path.Combine(run.Folder, "result")).Should().Contain(info => info.IsFinished);
    }

    [Fact]
    public async Task That_there_can_be_no_checkpoints_is_found_out_before_the_first_step()
    {
        using var run = new CheckpointedRun(pictures.Source);
        File.WriteAllText(run.Checkpoints, "not a folder");
        Func<Task> start = () => run.RunAsync();
        (await start.Should().ThrowAsync<TrainingException>()).WithMessage($"PretrainingOptions.OutputDirectory '{run.Checkpoints}' cannot be written to: *No step was taken.");
    }

    [Fact]
    public async Task What_is_not_ours_among_the_checkpoints_stays_and_stops_nothing()
    {
        using var run = new CheckpointedRun(pictures.Source);
        Directory.CreateDirectory(Path.Combine(run.Checkpoints, "mine.partial"));
        Directory.CreateDirectory(Path.Combine(run.Checkpoints, "mine.deleted"));
        File.WriteAllText(Path.Combine(run.Checkpoints, "step-0000000005"), "a file");
        (await run.RunAsync()).Completed.Should().BeTrue();
        run.Names.Should().Equal("mine.deleted", "mine.partial", "step-0000000019", "step-0000000020");
        Directory.GetFiles(run.Checkpoints, "step-0000000005.*.damaged").Should().ContainSingle().Which.Should().Match(path => File.ReadAllText(path!) == "a file");
    }

    [Fact]
    public async Task One_damaged_digit_does_not_make_a_run_look_finished()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 5);
        string file = Path.Combine(run.Checkpoints, "step-0000000005", "trainer.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"totalSteps\": 20", "\"totalSteps\": 4", StringComparison.Ordinal));

        Func<Task> again = () => run.RunAsync();

        (await again.Should().ThrowAsync<TrainingException>()).WithMessage($"OutputDirectory '{run.Folder}' holds a run whose newest checkpoint, of step 5, is damaged: trainer.json has *. Go on with it (ResumeAsync, or --resume), *");
        (await run.ResumeAsync(until: 6)).FirstStep.Should().Be(4);
    }

    [Theory]
    [InlineData("\r\n", false)]
    [InlineData("\n", true)]
    public async Task A_loss_log_that_a_spreadsheet_saved_again_goes_on(string lineEnd, bool mark)
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 11);
        string path = Path.Combine(run.Folder, "losses.csv");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\n", lineEnd, StringComparison.Ordinal), new UTF8Encoding(mark));
        await run.ResumeAsync();
        LossLog.Read(run.Folder).Select(line => line.Step).Should().Equal(3, 6, 9, 12, 15, 18, 20);
    }

    [Theory]
    [InlineData("somebody's own file\nof two lines\n", 12)]
    [InlineData("no line end", 12)]
    public async Task What_is_no_loss_log_is_kept_beside_the_new_one(string content, long first)
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 11);
        string path = Path.Combine(run.Folder, "losses.csv");
        File.WriteAllText(path, content);
        await run.ResumeAsync();
        LossLog.Read(run.Folder)[0].Step.Should().Be(first);
        (content.EndsWith('\n') ? File.ReadAllText(path + ".damaged") : content).Should().Be(content);
    }

    [Fact]
    public async Task The_log_of_a_run_that_has_reported_nothing_is_empty()
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 0);
        LossLog.Read(run.Folder).Should().BeEmpty();
    }

    [Fact]
    public void Sums_that_are_not_finite_are_saved_and_read_again()
    {
        var state = new TrainerState
        {
            Step = 1,
            TotalSteps = 2,
            OptimizerSteps = 1,
            SkippedSteps = 0,
            SavedAt = DateTime.UnixEpoch,
            LossSums = [double.NaN, double.PositiveInfinity],
            LossSteps = 1,
            Data = new DataDescription(1, "", ""),
            Model = new Dictionary<string, string>(),
            Options = new Dictionary<string, string>(),
            Versions = new Dictionary<string, string>(),
        };
        TrainerState.Parse(state.ToBytes()).LossSums.Should().Equal(state.LossSums);
    }

    [Theory]
    [InlineData(@"\A[\s\S]*\z", "null")]
    [InlineData(@"\A[\s\S]*\z", "[]")]
    [InlineData(@"\A[\s\S]*\z", "DEEP")]
    [InlineData("\"NJepa\": \"[^\"]*\"", "\"NJepa\": \"\\ud800\"")]
    [InlineData("\"NJepa\":", "\"\\ud800\":")]
    [InlineData("\"NJepa\": \"[^\"]*\"", "\"NJepa\": null")]
    [InlineData("\"NJepa\":", "\"NJepa\": \"1\", \"NJepa\":")]
    [InlineData("\"step\": 5", "\"step\": 5, \"step\": 6")]
    [InlineData("\"step\": 5", "\"step\": -5")]
    [InlineData("\"optimizerSteps\": 5", "\"optimizerSteps\": 9223372036854775807")]
    [InlineData(@"""lossSums"": \[[^]]*\]", "\"lossSums\": null")]
    [InlineData(@"""lossSums"": \[", "\"lossSums\": [1,")]
    [InlineData(@"""lossSums"": \[", "\"lossSums\": [1e999,")]
    [InlineData(@"""lossSteps"": \d+", "\"lossSteps\": 9223372036854775807")]
    public async Task A_forged_state_ends_in_the_documented_exception_or_none(string pattern, string replacement)
    {
        using var run = new CheckpointedRun(pictures.Source);
        await run.RunAsync(until: 5);
        string folder = Path.Combine(run.Checkpoints, "step-0000000005"), file = Path.Combine(folder, "trainer.json");
        byte[] forged = replacement == "DEEP" ? Encoding.UTF8.GetBytes(new string('[', 1_000_000)) : Encoding.UTF8.GetBytes(Regex.Replace(File.ReadAllText(file), pattern, replacement, RegexOptions.None, TimeSpan.FromSeconds(10)));
        File.WriteAllBytes(file, forged);
        CheckpointManifest manifest = CheckpointManifest.Read(folder);
        manifest = manifest with { Files = [.. manifest.Files.Select(entry => entry.Name == "trainer.json" ? new ManifestEntry(entry.Name, forged.Length, Convert.ToHexStringLower(SHA256.HashData(forged))) : entry)] };
        File.WriteAllBytes(Path.Combine(folder, "manifest.json"), manifest.ToBytes());
        _ = CheckpointInfo.List(run.Folder);

        Exception? exception = await Record.ExceptionAsync(() => run.ResumeAsync(until: 6));

        (exception is null or TrainingException).Should().BeTrue($"it is {exception}");
    }
}
