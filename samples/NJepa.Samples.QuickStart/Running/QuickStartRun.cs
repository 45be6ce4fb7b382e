using NJepa.Evaluation;
using NJepa.Models;
using NJepa.Onnx;
using NJepa.Samples.Figures;
using NJepa.Samples.QuickStart.Drawing;
using NJepa.Samples.QuickStart.Options;
using NJepa.Samples.QuickStart.Terminal;
using NJepa.Training;
using static TorchSharp.torch;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>The run from start to end: images, model, evaluation, training, evaluation, pictures.</summary>
internal sealed class QuickStartRun(QuickStartOptions options, ConsoleView view)
{
    // Below this many steps hardly anything is learned, however the learning rate is chosen.
    private const long FewSteps = 200;

    /// <summary>What to tell somebody who cancelled.</summary>
    public string WhenCancelled { get; private set; } = "Cancelled before training began; there is no encoder yet.";

    /// <summary>Runs everything.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; what there is was saved, and <see cref="WhenCancelled"/> says what.</exception>
    public async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        OutputFolder.Prepare(options.Output);
        RequireSuitableOutput();
        Device device = NJepaRuntime.ResolveDevice(options.Device);
        view.Header("N-JEPA quick start", "self-supervised pretraining on images", Facts(device));
        using QuickStartImages images = OpenImages(cancellationToken);

        view.Step("Building the model");
        using JepaModel model = QuickStartRecipe.Model(options).Build(device);
        PretrainingOptions training = QuickStartRecipe.Training(options, images.Pretraining.Count);
        string[] description = model.ToString().Split('\n');
        view.Details(description);
        IReadOnlyList<MaskedImage> masked = MaskedCrops.OfFirstStep(model, images.Pretraining, training, cancellationToken);

        view.Step("Evaluating the untrained encoder");
        var evaluator = new EncoderEvaluator(images, new FeatureExtractionOptions { Normalization = training.Normalization });
        var colours = new PatchColours(images.EvaluationTest ?? images.EvaluationTraining, model.Configuration.Encoder, training.Normalization);
        var marked = new MarkedPatches(images.EvaluationTest ?? images.EvaluationTraining, model.Configuration.Encoder, training.Normalization, cancellationToken);
        EncoderScores before = evaluator.Measure(model.Student, cancellationToken);
        EncoderFeatures featuresBefore = evaluator.Features!;
        float[][] markedBefore = marked.Of(model.Student);
        ColouredPatches colouredBefore = colours.Of(model.Student, cancellationToken);
        view.Detail(before.ToString());
        if (evaluator.WhyNoAccuracy is { } reason)
        {
            view.Warning($"no kNN and no linear probe: {reason}. Put the images of each class into a folder of its own to see accuracies.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (!options.Resume)
        {
            OutputFolder.Clear(options.Output);
            BegunOptions.Write(options);
        }

        MaskFigure.Save(InOutput(OutputFolder.Masks), masked);
        TrainingResult result = await TrainAsync(model, images, training, AccuracyCurves.Probe(images, evaluator.WhyNoAccuracy, options.Epochs), cancellationToken).ConfigureAwait(false);
        if (result.FirstStep + result.Steps == 0)
        {
            // Cancelled in the last moment; there is nothing to show.
            cancellationToken.ThrowIfCancellationRequested();
        }

        string[] unreadable = evaluator.Unreadable(result.BadImages);
        RunSummary.WarnOfUnreadable(view, unreadable);
        var metrics = new RunMetrics
        {
            Options = options,
            Model = description,
            Images = images.Notes,
            Before = before,
            WhyNoAccuracy = evaluator.WhyNoAccuracy,
            UnreadableImages = unreadable,
            Training = training,
            Versions = RunMetrics.CurrentVersions(device),
        }.With(result, LossLog.Read(options.Output));
        LossFigure.Save(InOutput(OutputFolder.Losses), LossTerms.Series(LossLog.Read(options.Output)));
        AccuracyCurves.Save(InOutput(OutputFolder.Accuracies), options.Output);
        metrics.Save(InOutput(OutputFolder.Metrics));
        WhenCancelled = result.Completed
            ? $"Cancelled after training; the encoder is in {InOutput(OutputFolder.Student)}, not evaluated."
            : $"Stopped after step {result.FirstStep + result.Steps}; the encoder so far is in {InOutput(OutputFolder.Student)}. Add --resume to go on.";
        cancellationToken.ThrowIfCancellationRequested();

        view.Step("Evaluating the trained encoder");
        EncoderScores after = evaluator.Measure(model.Student, cancellationToken);
        EncoderFeatures featuresAfter = evaluator.Features!;
        SaveOnnx(model.Student, training.Normalization, evaluator.Classifier);
        SimilarityFigure.Save(InOutput(OutputFolder.Similarity), marked.Compare(markedBefore, marked.Of(model.Student)));
        ColouredPatches colouredAfter = colours.Of(model.Student, cancellationToken);
        EncoderScores teacher = evaluator.Measure(model.Teacher, cancellationToken);
        view.Detail($"student: {after}");
        view.Detail($"teacher: {teacher}");
        (metrics with { After = after, AfterTeacher = teacher }).Save(InOutput(OutputFolder.Metrics));
        NearestImages.Save(InOutput(OutputFolder.Neighbours), images, options.ImageSize, featuresBefore, featuresAfter, cancellationToken);
        PatchFeatureFigure.Save(
            InOutput(OutputFolder.Features), colouredBefore.Images, colouredBefore.Colours, colouredBefore.PlaceShare, colouredAfter.Colours, colouredAfter.PlaceShare);
        RunSummary.Show(view, options, before, after);
    }

    /// <summary>Whether there is a run to go on with, or room for a new one. What an unfinished run has saved is deleted by nobody but its owner.</summary>
    private void RequireSuitableOutput()
    {
        CheckpointInfo? newest = CheckpointInfo.List(options.Output) is [CheckpointInfo first, ..] ? first : null;
        if (options.Resume && newest is null)
        {
            throw new QuickStartException($"There is no run to go on with in '{options.Output}'. Leave --resume out to begin one, or choose another --output.");
        }

        if (!options.Resume && newest is { IsFinished: false })
        {
            throw new QuickStartException(
                $"The output folder '{options.Output}' holds a run that is not finished (step {newest.Step} of {newest.TotalSteps}). Add --resume to go on with it, choose another --output, or delete '{Path.GetDirectoryName(newest.Folder)}' to give it up.");
        }
    }

    private QuickStartImages OpenImages(CancellationToken cancellationToken)
    {
        string path = options.Images ?? InOutput(OutputFolder.DrawnPictures);
        view.Step(options.Images is null ? "Drawing labelled pictures" : "Looking for images");
        if (options.Images is null && !(options.Resume && Directory.Exists(path)))
        {
            DrawnPictures.WriteTo(path, new DrawnPicturesOptions { Seed = options.Seed }, cancellationToken);
        }

        QuickStartImages images = QuickStartImages.Open(path);
        view.Details([$"in {path}", .. images.Notes]);
        return images;
    }

    private async Task<TrainingResult> TrainAsync(
        JepaModel model, QuickStartImages images, PretrainingOptions training, OnlineProbe? probe, CancellationToken cancellationToken)
    {
        using var trainer = new JepaTrainer(model, images.Pretraining, training) { Probe = probe };
        view.Step($"Pretraining: {trainer.TotalSteps:N0} steps of {training.BatchSize} images (Ctrl+C ends it and keeps what it has learned)");
        if (trainer.TotalSteps < FewSteps)
        {
            view.Warning($"so few steps teach little; --epochs {(long)Math.Ceiling(2.0 * FewSteps * training.Epochs / trainer.TotalSteps)} would make {2 * FewSteps} or more.");
        }

        return await view.TrackAsync(show =>
        {
            var progress = new SynchronousProgress<TrainingProgress>(report => show(new RunState(
                report.Step, report.TotalSteps, report.Epoch, report.Epochs, LossTerms.Of(report.Losses), report.ImagesPerSecond, report.Remaining)));
            return options.Resume ? trainer.ResumeAsync(null, progress, cancellationToken) : trainer.RunAsync(progress, cancellationToken);
        }).ConfigureAwait(false);
    }

    // Everything that labelling a picture takes, for programs without TorchSharp.
    private void SaveOnnx(ViTEncoder encoder, ImageNormalization normalization, LinearClassifier? classifier) => OnnxExport.Save(encoder, InOutput(OutputFolder.Onnx), new OnnxExportOptions
    {
        Input = OnnxInput.UInt8Nhwc,
        Normalization = normalization,
        DynamicSize = true,
        Head = classifier is null ? null : new OnnxHead(classifier.ClassNames, classifier.Weights, classifier.Bias),
    });

    private (string Name, string Value)[] Facts(Device device) =>
    [
        ("images", options.Images ?? "drawn by this program"),
        ("device", $"{device} ({(device.type == TorchSharp.DeviceType.CPU ? $"{get_num_threads()} threads" : "GPU")})"),
        ("output", Path.GetFullPath(options.Output)),
    ];

    private string InOutput(string name) => Path.Combine(options.Output, name);
}
