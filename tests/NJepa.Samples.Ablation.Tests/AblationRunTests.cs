using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Samples.Ablation.Terminal;

namespace NJepa.Samples.Ablation.Tests;

/// <summary>Whole runs on drawn pictures, too short to learn anything.</summary>
public sealed class AblationRunTests : AblationTest
{
    [Fact]
    public async Task A_stopped_table_goes_on_and_ends_like_one_that_was_not()
    {
        AblationOptions whole = Options("whole", "baseline"), stopped = Options("stopped", "baseline");
        await new AblationRun(whole, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        using var writer = new WatchingWriter("Run 3 of 6", cancel.Cancel);
        Func<Task> run = () => new AblationRun(stopped, new AblationView(Console(writer))).ExecuteAsync(cancel.Token);
        await run.Should().ThrowAsync<OperationCanceledException>();
        string[] results = Results("stopped");
        DateTime[] times = [.. results.Select(File.GetLastWriteTimeUtc)];

        await new AblationRun(stopped, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        results.Should().HaveCount(1 + 2 + 2, "pixels, two untrained networks and two runs were done");
        results.Select(File.GetLastWriteTimeUtc).Should().Equal(times, "what is finished is not done again");
        foreach (string name in new[] { "baseline.md", "baseline.json", "results.md" })
        {
            File.ReadAllText(Path.Combine(Folder, "stopped", name)).Should().Be(File.ReadAllText(Path.Combine(Folder, "whole", name)), "{0}", name);
        }

        string table = File.ReadAllText(Path.Combine(Folder, "whole", "baseline.md"));
        table.Should().Contain("| raw pixels |").And.Contain("| untrained |").And.Contain("| I-JEPA (C,T) |").And.Contain("| N-JEPA, multi-level |").And.NotContain("Not finished");
        foreach (string chart in Directory.GetFiles(Path.Combine(Folder, "whole"), "*.png"))
        {
            File.ReadAllBytes(chart).Should().StartWith([0x89, (byte)'P', (byte)'N', (byte)'G']);
        }

        Directory.GetFiles(Path.Combine(Folder, "whole"), "*.png").Should().HaveCount(2);
        Directory.GetDirectories(Path.Combine(Folder, "whole", "runs"), "checkpoints", SearchOption.AllDirectories).Should().BeEmpty("finished runs keep their encoders alone");
    }

    [Fact]
    public async Task Few_labels_are_measured_from_the_saved_encoders()
    {
        AblationOptions options = Options("few", "low-shot") with { Seeds = [0] };

        await new AblationRun(options, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        string table = File.ReadAllText(Path.Combine(Folder, "few", "low-shot.md"));
        table.Should().Contain("5 images per class, last layer, %").And.Contain("10 % of the labels, last 4, %").And.Contain("| untrained |").And.Contain("| N-JEPA, single-level |");
    }

    [Fact]
    public async Task The_learning_rate_of_every_arm_is_chosen_without_the_test_set()
    {
        AblationOptions options = Options("rates", "levels") with { Seeds = [0], LearningRates = [0.0001, 0.002] };

        await new AblationRun(options, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        var store = new RunStore(options.Output);
        string table = File.ReadAllText(Path.Combine(options.Output, "levels.md"));
        foreach ((string id, string name) in new[] { ("n-jepa-single", "N-JEPA, single-level"), ("n-jepa-multi", "N-JEPA, multi-level") })
        {
            double best = options.LearningRates.MaxBy(rate => store.Find(new RunKey(id, rate, 0))!.Student.ValidationAccuracy);
            table.Should().Contain("other encoder: the teacher of the same runs; their peak learning rate was chosen for the student, and another may suit the teacher better");
            table.Split('\n').First(line => line.StartsWith($"| {name} |", StringComparison.Ordinal)).Should().Contain(FormattableString.Invariant($"| {best} | 0 |"));
        }
    }

    [Fact]
    public async Task Runs_of_other_settings_are_not_mixed_in()
    {
        AblationOptions options = Options("once", "levels") with { Seeds = [0] };
        await new AblationRun(options, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);
        Func<Task> again = () => new AblationRun(options with { Scale = options.Scale with { Epochs = 2 } }, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        (await again.Should().ThrowAsync<AblationException>()).WithMessage("The runs in '*once' were made with other settings, and tables must not mix them: Epochs was 1 and is now 2. Use the same settings, or another --output.");
    }

    [Fact]
    public async Task Test_images_that_were_trained_on_are_refused()
    {
        Func<Task> run = () => new AblationRun(Options("x", "levels") with { Images = Path.Combine(Pictures, "train"), TestImages = Path.Combine(Pictures, "train") }, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        (await run.Should().ThrowAsync<AblationException>()).WithMessage("The test images in '*train' are among the training images in '*train'. Keep them apart, *");
    }

    [Fact]
    public async Task Parts_of_a_data_set_are_not_taken_for_classes()
    {
        Directory.Move(Path.Combine(Pictures, "train"), Path.Combine(Pictures, "unlabeled"));
        Func<Task> run = () => new AblationRun(Options("x", "levels"), new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        (await run.Should().ThrowAsync<AblationException>()).WithMessage("In '*pictures' the folders 'test', 'unlabeled' look like parts of a data set and not like classes. *");
    }

    [Fact]
    public async Task A_test_part_that_cannot_be_used_is_an_error()
    {
        Directory.Delete(Path.Combine(Pictures, "test"), recursive: true);
        Directory.CreateDirectory(Path.Combine(Pictures, "test"));
        Func<Task> run = () => new AblationRun(Options("x", "levels"), new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        await run.Should().ThrowAsync<NJepa.Data.ImageSourceException>();
    }

    [Fact]
    public async Task Few_labels_are_as_few_as_the_smallest_class_has()
    {
        AblationOptions options = Options("three", "low-shot") with { Seeds = [0] };
        options = options with { Scale = options.Scale with { ProbeImages = 9 } };

        await new AblationRun(options, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        File.ReadAllText(Path.Combine(options.Output, "low-shot.md")).Should().Contain("3 images per class, last layer, %");
    }

    [Fact]
    public async Task A_table_of_terms_needs_terms()
    {
        AblationOptions options = Options("x", "terms");
        Func<Task> run = () => new AblationRun(options with { Scale = options.Scale with { Variance = 0, Covariance = 0 } }, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        (await run.Should().ThrowAsync<AblationException>()).WithMessage("The table 'terms' compares runs with and without *");
    }

    [Fact]
    public async Task Images_of_one_class_are_refused_before_anything_is_trained()
    {
        string one = Path.Combine(Folder, "one", "only");
        Directory.CreateDirectory(one);
        File.Copy(Directory.GetFiles(Pictures, "*.png", SearchOption.AllDirectories)[0], Path.Combine(one, "a.png"));
        Func<Task> run = () => new AblationRun(Options("x", "levels") with { Images = Path.GetDirectoryName(one)! }, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        (await run.Should().ThrowAsync<AblationException>()).WithMessage("The images in '*one' are of 1 class; tables of accuracies need at least two.*");
        Directory.Exists(Path.Combine(Folder, "x")).Should().BeFalse();
    }

    [Fact]
    public async Task One_image_of_each_class_is_too_few_to_hold_any_out()
    {
        string few = Few(2, 1);
        Func<Task> run = () => new AblationRun(Options("x", "levels") with { Images = few }, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        (await run.Should().ThrowAsync<AblationException>()).WithMessage(
            "The classes of the training images in '*few' need at least 3 images each, because a fifth of each class, at least one image, is held out to test on; too few in 'a' (2), 'b' (1). Add images to these classes, give test images of their own (--test-images), or leave the classes out.");
        Directory.Exists(Path.Combine(Folder, "x")).Should().BeFalse();
    }

    [Fact]
    public async Task One_training_image_of_a_class_is_too_few_for_the_classifiers()
    {
        string few = Few(2, 1);
        Func<Task> run = () => new AblationRun(Options("x", "levels") with { Images = few, TestImages = Path.Combine(Pictures, "test") }, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        (await run.Should().ThrowAsync<AblationException>()).WithMessage("The classes of the training images in '*few' need at least 2 images each; too few in 'b' (1). Add images to these classes, or leave the classes out.");
    }

    [Fact]
    public async Task Tables_of_earlier_commands_stay_in_the_results()
    {
        AblationOptions levels = Options("one-by-one", "levels") with { Seeds = [0] }, baseline = levels with { Tables = ["baseline"] };
        string results = Path.Combine(levels.Output, "results.md");
        await new AblationRun(levels, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);
        await new AblationRun(baseline, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);
        string both = File.ReadAllText(results);
        await new AblationRun(levels, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);

        both.Should().Be($"# Results\n\n{File.ReadAllText(Path.Combine(levels.Output, "baseline.md"))}\n{File.ReadAllText(Path.Combine(levels.Output, "levels.md"))}\n");
        File.ReadAllText(results).Should().Be(both);

        string table = Path.Combine(levels.Output, "baseline.json");
        File.WriteAllText(table, File.ReadAllText(table).Replace("\"MissingRuns\": 0", "\"MissingRuns\": 1", StringComparison.Ordinal));
        await new AblationRun(levels, new AblationView(Silent())).ExecuteAsync(CancellationToken.None);
        File.ReadAllText(results).Should().Contain("## Single-level").And.NotContain("## Comparison", "a table that lacks runs is no result yet");
    }

    private string Few(params int[] counts)
    {
        string few = Path.Combine(Folder, "few"), picture = Directory.GetFiles(Pictures, "*.png", SearchOption.AllDirectories)[0];
        foreach ((int index, int count) in counts.Index())
        {
            string folder = Directory.CreateDirectory(Path.Combine(few, ((char)('a' + index)).ToString())).FullName;
            for (int i = 0; i < count; i++)
            {
                File.Copy(picture, Path.Combine(folder, $"{i}.png"));
            }
        }

        return few;
    }
}
