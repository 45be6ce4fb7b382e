namespace NJepa.Evaluation.Tests;

public sealed class LowShotTests : TensorTest
{
    // Clouds of equal, round spread: whoever takes the nearest centre is right as often as anyone can be.
    private static readonly FeatureSet Train = Features.Clouds(4, 250, 8, 2, seed: 1, drawSeed: 2);
    private static readonly FeatureSet Test = Features.Clouds(4, 250, 8, 2, seed: 1, drawSeed: 3);

    [Fact]
    public void The_defaults_are_those_documented()
    {
        LowShotOptions.Default.Budgets.Should().Equal(LabelBudget.Share(0.01), LabelBudget.Share(0.1));
        LowShotOptions.Default.Draws.Should().Be(5);
        LowShotOptions.Default.Strengths.Should().Equal(10, 1, 0.1, 0.01, 0.001, 1e-4);
        LowShotOptions.Default.Folds.Should().Be(5);
        LowShotOptions.Default.StrengthWithoutValidation.Should().Be(1);
        LowShotOptions.Default.Scaling.Should().Be(FeatureScaling.Standardize);
        LowShotOptions.Default.MaximumIterations.Should().Be(200);
        LowShotOptions.Default.GradientTolerance.Should().Be(1e-4);
        LowShotOptions.Default.Seed.Should().Be(0);
    }

    [Fact]
    public void Each_budget_draws_from_every_class_and_a_larger_one_contains_a_smaller_one()
    {
        // 250, 40 and 3 images.
        FeatureSet uneven = Train.Select([.. Enumerable.Range(0, Train.Count).Where(i => Train.Labels[i] == 0 || (Train.Labels[i] == 1 && i < 160) || (Train.Labels[i] == 2 && i < 12) || (Train.Labels[i] == 3 && i < 8))]);
        LowShotResult result = LowShot.Evaluate(uneven, Test, new() { Budgets = [LabelBudget.Share(0.02), LabelBudget.Share(0.1), LabelBudget.PerClass(1), LabelBudget.PerClass(2)], Draws = 3 });

        int[] Drawn(int budget, int draw) => Enumerable.Range(0, 4).Select(c => result.Budgets[budget].Draws[draw].LabelledRows!.Count(row => uneven.Labels[row] == c)).ToArray();
        for (int draw = 0; draw < 3; draw++)
        {
            Drawn(0, draw).Should().Equal(5, 1, 1, 1);
            Drawn(1, draw).Should().Equal(25, 4, 1, 1);
            Drawn(2, draw).Should().Equal(1, 1, 1, 1);
            Drawn(3, draw).Should().Equal(2, 2, 2, 2);
            result.Budgets[1].Draws[draw].LabelledRows.Should().Contain(result.Budgets[0].Draws[draw].LabelledRows).And.BeInAscendingOrder().And.OnlyHaveUniqueItems();
            result.Budgets[0].Draws[draw].LabelledImages.Should().Be(8);
        }

        result.Budgets[1].Draws[0].LabelledRows.Should().NotEqual(result.Budgets[1].Draws[1].LabelledRows);
    }

    [Fact]
    public void The_same_seed_gives_the_same_result_and_another_seed_other_draws()
    {
        var options = new LowShotOptions { Budgets = [LabelBudget.PerClass(4)], Draws = 2 };

        string first = LowShot.Evaluate(Train, Test, options).ToJson();

        LowShot.Evaluate(Train, Test, options).ToJson().Should().Be(first);
        LowShot.Evaluate(Train, Test, options with { Seed = 1 }).ToJson().Should().NotBe(first);
    }

    [Fact]
    public void More_labels_do_better_until_nothing_better_is_possible()
    {
        LowShotResult result = LowShot.Evaluate(Train, Test, new() { Budgets = [LabelBudget.PerClass(1), LabelBudget.PerClass(10), LabelBudget.Share(1)], Draws = 3 });

        double bestPossible = Features.NearestCentre(Test, Features.Clouds(4, 1, 8, 0, seed: 1));
        bestPossible.Should().BeInRange(0.6, 0.95);
        result.Budgets[0].MeanAccuracy.Should().BeLessThan(bestPossible - 0.1).And.BeGreaterThan(0.3);
        result.Budgets[1].MeanAccuracy.Should().BeGreaterThan(result.Budgets[0].MeanAccuracy + 0.05);
        result.Budgets[2].MeanAccuracy.Should().BeApproximately(bestPossible, 0.015);
        result.Budgets.SelectMany(budget => budget.Draws).Should().OnlyContain(draw => draw.Converged);
        result.Budgets[2].Draws.Should().OnlyContain(draw => draw.LabelledRows!.SequenceEqual(Enumerable.Range(0, Train.Count)));
    }

    [Theory]
    [InlineData(3, 30)] // fewer images than features
    [InlineData(12, 8)]
    public void The_strength_is_chosen_by_cross_validation_inside_the_draw(int perClass, int width)
    {
        FeatureSet train = Features.Clouds(3, 40, width, 3, seed: 4, drawSeed: 5);
        FeatureSet test = Features.Clouds(3, 40, width, 3, seed: 4, drawSeed: 6);
        var options = new LowShotOptions { Budgets = [LabelBudget.PerClass(perClass)], Draws = 2, Folds = 4, Scaling = FeatureScaling.None };

        LowShotResult result = LowShot.Evaluate(train, test, options);

        for (int d = 0; d < 2; d++)
        {
            LabelDraw draw = LabelDraw.Of(train, options.Budgets[0], options.Folds, options.Seed, d);
            draw.Folds.GroupBy(fold => fold).Should().HaveCount(4, "every fold is used").And.OnlyContain(fold => Math.Abs(fold.Count() - (perClass * 3 / 4.0)) <= 1);
            int[] correct = [.. options.Strengths.Select(strength => Enumerable.Range(0, 4).Sum(fold => CorrectInFold(train, draw, fold, strength)))];
            LowShotDraw one = result.Budgets[0].Draws[d];
            one.CrossValidatedAccuracy.Should().Be((double)correct.Max() / draw.Rows.Length);
            one.Strength.Should().Be(options.Strengths[Array.IndexOf(correct, correct.Max())], "the best wins, on a tie the strongest");
            ByProbe(train.Select(draw.Rows), one.Strength).Predict(test).Should().Equal(one.Classification!.Predictions);
        }
    }

    [Fact]
    public void With_one_image_per_class_the_strength_is_the_fixed_one()
    {
        LowShotResult result = LowShot.Evaluate(Train, Test, new() { Budgets = [LabelBudget.PerClass(1)], StrengthWithoutValidation = 0.37, Draws = 2 });

        result.Budgets[0].Draws.Should().OnlyContain(draw => draw.Strength == 0.37 && draw.CrossValidatedAccuracy == null);
    }

    [Fact]
    public void The_only_image_of_a_class_is_never_held_out()
    {
        FeatureSet uneven = Features.Of([1, 2, 3, 4, 9, 8, 7, 6, -5], 1, 0, 0, 0, 0, 1, 1, 1, 1, 2);

        LabelDraw draw = LabelDraw.Of(uneven, LabelBudget.Share(1), 3, seed: 0, draw: 0);

        draw.Rows.Should().Equal(0, 1, 2, 3, 4, 5, 6, 7, 8);
        draw.Folds[8].Should().Be(LabelDraw.NeverHeldOut);
        draw.Folds[..8].Should().OnlyContain(fold => fold >= 0 && fold < 3);
        LowShot.Evaluate(uneven, uneven, new() { Budgets = [LabelBudget.Share(1)], Draws = 1 }).Budgets[0].Draws[0].CrossValidatedAccuracy.Should().NotBeNull();
    }

    [Fact]
    public void Labels_that_mean_nothing_give_chance()
    {
        LowShotResult result = LowShot.Evaluate(Features.Noise(1000, 10, 4, seed: 1), Features.Noise(2000, 10, 4, seed: 2), new() { Budgets = [LabelBudget.PerClass(1), LabelBudget.PerClass(5), LabelBudget.Share(0.1)], Draws = 3 });

        result.Budgets.SelectMany(budget => budget.Draws).Should().OnlyContain(draw => Math.Abs(draw.Accuracy - 0.25) < Features.ChanceMargin(4, 2000));
    }

    [Fact]
    public void Test_labels_influence_nothing_but_the_score()
    {
        var options = new LowShotOptions { Budgets = [LabelBudget.PerClass(1), LabelBudget.PerClass(7), LabelBudget.Share(0.1)], Draws = 2 };

        LowShotDraw[] right = [.. LowShot.Evaluate(Train, Test, options).Budgets.SelectMany(budget => budget.Draws)];
        LowShotDraw[] wrong = [.. LowShot.Evaluate(Train, Features.Relabelled(Test, seed: 1), options).Budgets.SelectMany(budget => budget.Draws)];

        foreach ((LowShotDraw one, LowShotDraw other) in right.Zip(wrong))
        {
            other.Classification!.Predictions.Should().Equal(one.Classification!.Predictions);
            (other.Strength, other.CrossValidatedAccuracy).Should().Be((one.Strength, one.CrossValidatedAccuracy));
            other.LabelledRows.Should().Equal(one.LabelledRows);
            other.Correct.Should().NotBe(one.Correct);
        }
    }

    [Fact]
    public void Mean_deviation_and_interval_are_those_of_the_draws()
    {
        // Accuracies 0.5, 0.6, 0.7: mean 0.6, deviation 0.1, and t of 2 degrees is 4.3027.
        var result = new LowShotBudgetResult(LabelBudget.PerClass(5), [Draw(50), Draw(60), Draw(70)]);

        result.MeanAccuracy.Should().BeApproximately(0.6, 1e-12);
        result.StandardDeviation.Should().BeApproximately(0.1, 1e-12);
        result.MeanInterval!.Value.Low.Should().BeApproximately(0.6 - (4.302653 * 0.1 / Math.Sqrt(3)), 1e-6);
        result.MeanInterval!.Value.High.Should().BeApproximately(0.6 + (4.302653 * 0.1 / Math.Sqrt(3)), 1e-6);
        new LowShotBudgetResult(LabelBudget.PerClass(5), [Draw(0), Draw(100)]).MeanInterval.Should().Be(new AccuracyInterval(0, 1));
        var single = new LowShotBudgetResult(LabelBudget.PerClass(5), [Draw(50)]);
        single.StandardDeviation.Should().BeNull();
        single.MeanInterval.Should().BeNull();
    }

    [Fact]
    public void It_survives_a_round_trip_through_JSON()
    {
        var result = new LowShotResult(3, [new(LabelBudget.Share(0.01), [Draw(50), Draw(60)]), new(LabelBudget.PerClass(5), [Draw(70)])]);

        LowShotResult.FromJson(result.ToJson()).Should().BeEquivalentTo(result, o => o.ComparingByMembers<LowShotResult>().ComparingByMembers<LowShotBudgetResult>());
        result.ToJson().Should().Contain("\"meanAccuracy\": 0.55").And.Contain("\"labelShare\": 0.01").And.Contain("\"imagesPerClass\": 5");
    }

    [Fact]
    public void Markdown_has_a_row_for_each_budget() =>
        new LowShotResult(3, [new(LabelBudget.Share(0.015), [Draw(50), Draw(60)]), new(LabelBudget.PerClass(1), [Draw(70)])]).ToMarkdown().ReplaceLineEndings("\n").Should().Be(
            """
            | labels | images | mean accuracy | 95 % interval of the mean | deviation, points | draws | strengths |
            |---|---:|---:|---:|---:|---:|---|
            | 1.5 % of the labels | 15 | 55.0 % | 0.0-100.0 | 7.1 | 2 | 0.1 |
            | 1 image per class | 15 | 70.0 % | - | - | 1 | 0.1 |

            Top-1 accuracy of logistic regression on few labels; 100 test images, 3 classes. Interval (Student's t) and sample standard deviation are those over draws of the labels.

            """.ReplaceLineEndings("\n"));

    [Fact]
    public void A_budget_that_a_class_cannot_give_is_refused_by_name()
    {
        FeatureSet train = new([1, 2, 3, 4, 5, 6], 1, [0, 0, 0, 1, 1, 2], ["cat", "dog", "owl"]);

        Action act = () => LowShot.Evaluate(train, train, new() { Budgets = [LabelBudget.Share(0.5), LabelBudget.PerClass(3)] });

        act.Should().Throw<EvaluationException>().WithMessage(
            "The budget '3 images per class' asks for more images than there are of 'dog' (2), 'owl' (1). Ask for at most 1 per class or for a share of the labels, "
            + "add images to these classes, or leave the classes out.");
    }

    [Fact]
    public void A_class_without_images_is_refused_by_name()
    {
        FeatureSet train = new([1, 2], 1, [0, 1], ["cat", "dog", "owl"]);

        Action act = () => LowShot.Evaluate(train, train);

        act.Should().Throw<EvaluationException>().WithMessage("Every class of the training set needs at least 1 images; too few in 'owl' (0). *");
    }

    [Fact]
    public void All_problems_of_the_options_are_listed_at_once()
    {
        Action act = () => new LowShotOptions
        {
            Budgets = [LabelBudget.PerClass(1), LabelBudget.PerClass(1)], Draws = 0, Strengths = [-1], Folds = 1, StrengthWithoutValidation = 0, Scaling = (FeatureScaling)9, MaximumIterations = 0, GradientTolerance = 0,
        }.Validate();
        Action none = () => new LowShotOptions { Budgets = [] }.Validate();

        act.Should().Throw<ArgumentException>().WithMessage(
            "The low-shot options are not valid: Budgets contains a budget twice; give each once. Draws is 0; it must be from 1 to 1000. Strengths contains -1; every value must be finite and above 0. "
            + "Folds is 1; it must be from 2 to 100. StrengthWithoutValidation is 0; it must be finite and above 0. Scaling is 9; it must be one of Standardize, BatchNormalize, None. "
            + "MaximumIterations is 0; it must be at least 1. GradientTolerance is 0; it must be finite and above 0. (Parameter 'options')");
        none.Should().Throw<ArgumentException>().WithMessage("The low-shot options are not valid: Budgets is empty; give at least one, such as LabelBudget.Share(0.01). (Parameter 'options')");
    }

    [Fact]
    public void A_budget_must_be_a_share_or_a_number()
    {
        foreach (double share in new[] { 0, 1.01, double.NaN })
        {
            Action act = () => LabelBudget.Share(share);
            act.Should().Throw<ArgumentOutOfRangeException>().WithMessage(FormattableString.Invariant($"The share of the labels is {share}; it must be above 0 and at most 1, such as 0.01 for 1 %.*"));
        }

        Action none = () => LabelBudget.PerClass(0);
        none.Should().Throw<ArgumentOutOfRangeException>().WithMessage("0 images per class were asked for; at least 1 is needed.*");
    }

    [Fact]
    public void An_evaluation_can_be_stopped()
    {
        Action act = () => LowShot.Evaluate(Train, Test, cancellationToken: new CancellationToken(canceled: true));

        act.Should().Throw<OperationCanceledException>();
    }

    private static LowShotDraw Draw(int correct) => new(15, 0.1, 0.5, true, correct, 100);

    private static int CorrectInFold(FeatureSet train, LabelDraw draw, int fold, double strength)
    {
        int[] held = [.. draw.Rows.Where((_, i) => draw.Folds[i] == fold)];
        LinearClassifier classifier = ByProbe(train.Select([.. draw.Rows.Except(held)]), strength);
        return classifier.Predict(train.Select(held)).Zip(held).Count(p => p.First == train.Labels[p.Second]);
    }

    /// <summary>The same problem solved by the linear probe, which fits all images once its setting is chosen.</summary>
    private static LinearClassifier ByProbe(FeatureSet set, double strength) =>
        LinearProbe.Fit(set, new LogisticProbeOptions { Strengths = [strength], Scaling = FeatureScaling.None, GradientTolerance = 1e-5 }).Classifier;
}
